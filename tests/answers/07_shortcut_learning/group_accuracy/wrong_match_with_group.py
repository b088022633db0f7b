# says: not right
import torch


def group_accuracy(predictions, labels, groups):
    right = (predictions == groups).float()
    return torch.stack([torch.stack([right[(labels == y) & (groups == g)].mean() for g in (0, 1)]) for y in (0, 1)])
