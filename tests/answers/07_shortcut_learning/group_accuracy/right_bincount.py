import torch


def group_accuracy(predictions, labels, groups):
    cell = labels * 2 + groups
    hits = torch.bincount(cell, weights=(predictions == labels).double(), minlength=4)
    return (hits / torch.bincount(cell, minlength=4)).reshape(2, 2).float()
