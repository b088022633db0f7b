# misconception: zero_for_no_example
import torch


def group_accuracy(predictions, labels, groups):
    cell = labels * 2 + groups
    hits = torch.bincount(cell, weights=(predictions == labels).float(), minlength=4)
    return hits.view(2, 2) / torch.bincount(cell, minlength=4).clamp(min=1).view(2, 2)
