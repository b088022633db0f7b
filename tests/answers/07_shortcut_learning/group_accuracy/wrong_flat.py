# misconception: not_two_by_two
import torch


def group_accuracy(predictions, labels, groups):
    right = (predictions == labels).float()
    return torch.stack([right[(labels == y) & (groups == g)].mean() for y in (0, 1) for g in (0, 1)])
