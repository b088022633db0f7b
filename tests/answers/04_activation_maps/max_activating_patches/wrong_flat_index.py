# misconception: flat_index
import torch


def max_activating_patches(activations, channel, k):
    maps = activations[:, channel]
    width = maps.shape[-1]
    values, places = maps.flatten(1).max(dim=1)
    order = values.argsort(descending=True)[:k].tolist()
    return [(i, int(places[i])) for i in order]
