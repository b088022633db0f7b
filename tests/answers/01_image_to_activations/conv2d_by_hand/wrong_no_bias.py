# misconception: bias_left_out
import torch


def conv2d_by_hand(image, kernel, bias=0.0):
    k = kernel.shape[-1]
    return torch.einsum("cijuv,cuv->ij", image.unfold(1, k, 1).unfold(2, k, 1), kernel)
