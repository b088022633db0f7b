# misconception: by_frequency
import torch


def balanced_weights(labels, groups):
    same = ((labels[:, None] == labels) & (groups[:, None] == groups)).sum(dim=1).float()
    return same / same.sum()
