# misconception: rows_by_prediction
import torch


def group_accuracy(predictions, labels, groups):
    table = torch.zeros(2, 2)
    for y in range(2):
        for g in range(2):
            cell = (predictions == y) & (groups == g)
            table[y, g] = (labels[cell] == y).float().mean()
    return table
