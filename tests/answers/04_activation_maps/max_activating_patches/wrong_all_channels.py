# misconception: mean_over_channels
import torch


def max_activating_patches(activations, channel, k):
    maps = activations.mean(dim=1)
    width = maps.shape[-1]
    values, places = maps.flatten(1).max(dim=1)
    order = values.argsort(descending=True)[:k].tolist()
    return [(i, *divmod(int(places[i]), width)) for i in order]
