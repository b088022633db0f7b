# misconception: error_rate
import torch


def group_accuracy(predictions, labels, groups):
    wrong = (predictions != labels).float()
    return torch.stack([torch.stack([wrong[(labels == y) & (groups == g)].mean() for g in (0, 1)]) for y in (0, 1)])
