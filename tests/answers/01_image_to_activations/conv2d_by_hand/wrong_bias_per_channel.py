# misconception: bias_too_often
import torch


def conv2d_by_hand(image, kernel, bias=0.0):
    k = kernel.shape[-1]
    out = torch.zeros(image.shape[1] - k + 1, image.shape[2] - k + 1)
    for c in range(image.shape[0]):
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):
                out[i, j] += (image[c, i : i + k, j : j + k] * kernel[c]).sum() + bias
    return out
