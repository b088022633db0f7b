# misconception: share_of_all
import torch


def group_accuracy(predictions, labels, groups):
    right = predictions == labels
    rows = [[(right & (labels == y) & (groups == g)).float().mean() for g in (0, 1)] for y in (0, 1)]
    return torch.tensor(rows)
