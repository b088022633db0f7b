# misconception: weakest_first
import torch


def max_activating_patches(activations, channel, k):
    maps = activations[:, channel]
    width = maps.shape[-1]
    values, places = maps.flatten(1).max(dim=1)
    order = values.argsort()[:k].tolist()
    return [(i, *divmod(int(places[i]), width)) for i in order]
