# says: an input has other values
import torch


def conv2d_by_hand(image, kernel, bias=0.0):
    k = kernel.shape[-1]
    out = torch.einsum("cijuv,cuv->ij", image.unfold(1, k, 1).unfold(2, k, 1), kernel) + bias
    image -= image.mean()
    return out
