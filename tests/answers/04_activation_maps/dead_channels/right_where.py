import torch


def dead_channels(activations, threshold=1e-6):
    high = activations.transpose(0, 1).flatten(1)
    silent = (high.max(dim=1)[0] <= threshold) & (high.min(dim=1)[0] >= -threshold)
    return torch.where(silent)[0]
