# misconception: first_picture_only
import torch


def dead_channels(activations, threshold=1e-6):
    peak = activations[0].abs().amax(dim=(1, 2))
    return torch.nonzero(peak <= threshold).flatten()
