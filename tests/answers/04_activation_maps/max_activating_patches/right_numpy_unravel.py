import numpy as np


def max_activating_patches(activations, channel, k):
    maps = activations.numpy()[:, channel]
    strength = maps.max(axis=(1, 2))
    result = []
    for image in np.argsort(-strength)[:k]:
        row, col = np.unravel_index(maps[image].argmax(), maps[image].shape)
        result.append((image, row, col))
    return result
