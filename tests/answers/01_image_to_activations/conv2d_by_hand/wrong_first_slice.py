# misconception: same_slice_for_all
import torch


def conv2d_by_hand(image, kernel, bias=0.0):
    k = kernel.shape[-1]
    out = torch.full((image.shape[1] - k + 1, image.shape[2] - k + 1), bias)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] += (image[:, i : i + k, j : j + k] * kernel[0]).sum()
    return out
