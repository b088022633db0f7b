# misconception: by_mean
import torch


def top_channels(activation, k=4):
    score = activation[0].mean(dim=(1, 2))
    return torch.topk(score, k).indices
