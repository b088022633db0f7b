import torch


def dead_channels(activations, threshold=1e-6):
    found = []
    for channel in range(activations.shape[1]):
        if not (activations[:, channel].abs() > threshold).any():
            found.append(channel)
    return found
