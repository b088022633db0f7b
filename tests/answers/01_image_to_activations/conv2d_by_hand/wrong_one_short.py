# misconception: one_row_short
import torch


def conv2d_by_hand(image, kernel, bias=0.0):
    k = kernel.shape[-1]
    out = torch.zeros(image.shape[1] - k, image.shape[2] - k)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[:, i : i + k, j : j + k] * kernel).sum() + bias
    return out
