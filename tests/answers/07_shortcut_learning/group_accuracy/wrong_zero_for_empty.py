# misconception: zero_for_no_example
import torch


def group_accuracy(predictions, labels, groups):
    table = torch.zeros(2, 2)
    for y in (0, 1):
        for g in (0, 1):
            cell = (labels == y) & (groups == g)
            if cell.any():
                table[y, g] = (predictions[cell] == y).float().mean()
    return table
