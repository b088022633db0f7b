import torch


def channel_weights(gradients):
    n, c, h, w = gradients.shape
    weights = torch.zeros(1, c)
    for k in range(c):
        total = 0.0
        for i in range(h):
            for j in range(w):
                total += gradients[0, k, i, j].item()
        weights[0, k] = total / (h * w)
    return weights
