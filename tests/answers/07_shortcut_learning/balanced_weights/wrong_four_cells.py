# misconception: four_cells_assumed
import torch


def balanced_weights(labels, groups):
    weights = torch.zeros(len(labels))
    for y in labels.unique():
        for g in groups.unique():
            cell = (labels == y) & (groups == g)
            if cell.any():
                weights[cell] = 1 / (len(labels.unique()) * len(groups.unique()) * cell.sum())
    return weights
