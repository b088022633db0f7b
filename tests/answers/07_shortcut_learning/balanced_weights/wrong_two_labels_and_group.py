# misconception: cells_confused
import torch


def balanced_weights(labels, groups):
    cell = 2 * labels + groups
    weights = 1 / (cell[:, None] == cell).sum(dim=1).float()
    return weights / weights.sum()
