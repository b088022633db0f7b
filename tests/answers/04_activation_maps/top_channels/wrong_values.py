# misconception: values_for_indices
import torch


def top_channels(activation, k=4):
    score = activation[0].flatten(1).var(dim=1)
    return score.topk(k).values
