# misconception: product_of_both
import torch


def balanced_weights(labels, groups):
    weights = 1 / ((labels[:, None] == labels).sum(1) * (groups[:, None] == groups).sum(1)).float()
    return weights / weights.sum()
