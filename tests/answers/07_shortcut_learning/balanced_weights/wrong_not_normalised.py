# misconception: not_normalised
import torch


def balanced_weights(labels, groups):
    same = (labels[:, None] == labels) & (groups[:, None] == groups)
    return 1 / same.sum(dim=1).float()
