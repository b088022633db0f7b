# misconception: any_picture
import torch


def dead_channels(activations, threshold=1e-6):
    peak = activations.abs().amax(dim=(2, 3)).amin(dim=0)
    return torch.nonzero(peak <= threshold).flatten()
