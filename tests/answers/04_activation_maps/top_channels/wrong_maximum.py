# misconception: by_maximum
import torch


def top_channels(activation, k=4):
    score = activation[0].amax(dim=(1, 2))
    return torch.topk(score, k).indices
