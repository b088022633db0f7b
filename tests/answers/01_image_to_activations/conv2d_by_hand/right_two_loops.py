import torch


def conv2d_by_hand(image, kernel, bias=0.0):
    k = kernel.shape[-1]
    H, W = image.shape[1:]
    result = torch.zeros(H - k + 1, W - k + 1)
    for i in range(H - k + 1):
        for j in range(W - k + 1):
            result[i, j] = (image[:, i : i + k, j : j + k] * kernel).sum() + bias
    return result
