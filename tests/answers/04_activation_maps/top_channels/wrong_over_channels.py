# says: over its rows and columns
import torch


def top_channels(activation, k=4):
    score = activation[0].var(dim=0)
    return score.flatten().topk(k).indices
