# misconception: empty_float
import torch


def dead_channels(activations, threshold=1e-6):
    peak = activations.abs().amax(dim=(0, 2, 3))
    found = [c for c in range(len(peak)) if peak[c] <= threshold]
    return torch.tensor(found)
