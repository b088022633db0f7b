# misconception: threshold_ignored
import torch


def dead_channels(activations, threshold=1e-6):
    peak = activations.abs().amax(dim=(0, 2, 3))
    return torch.nonzero(peak <= 1e-6).flatten()
