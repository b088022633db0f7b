# misconception: positive_only
import torch


def dead_channels(activations, threshold=1e-6):
    peak = activations.amax(dim=(0, 2, 3))
    return torch.nonzero(peak <= threshold).flatten()
