# says: not right
import torch


def balanced_weights(labels, groups):
    weights = torch.zeros(len(labels))
    for y in (0, 1):
        for g in (0, 1):
            cell = (labels == y) & (groups == g)
            if cell.any():
                weights[cell] = 1 / cell.sum()
    return weights / weights.sum()
