# misconception: channels_kept
import torch


def conv2d_by_hand(image, kernel, bias=0.0):
    k = kernel.shape[-1]
    out = torch.zeros(image.shape[0], image.shape[1] - k + 1, image.shape[2] - k + 1)
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            out[:, i, j] = (image[:, i : i + k, j : j + k] * kernel).sum((1, 2)) + bias
    return out
