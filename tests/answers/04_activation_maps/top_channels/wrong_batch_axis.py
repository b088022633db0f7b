# misconception: batch_axis_kept
import torch


def top_channels(activation, k=4):
    score = activation.var(dim=(2, 3))
    return torch.topk(score, k).indices
