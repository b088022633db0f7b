# misconception: by_energy
import torch


def top_channels(activation, k=4):
    score = (activation[0] ** 2).sum(dim=(1, 2))
    return torch.topk(score, k).indices
