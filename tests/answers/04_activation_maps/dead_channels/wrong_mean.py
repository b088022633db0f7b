# misconception: by_mean
import torch


def dead_channels(activations, threshold=1e-6):
    peak = activations.mean(dim=(0, 2, 3)).abs()
    return torch.nonzero(peak <= threshold).flatten()
