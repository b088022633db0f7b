import math

import torch


def group_accuracy(predictions, labels, groups):
    triples = list(zip(predictions.tolist(), labels.tolist(), groups.tolist()))

    def share(label, group):
        cell = [p == y for p, y, g in triples if y == label and g == group]
        return sum(cell) / len(cell) if cell else math.nan

    return torch.tensor([[share(y, g) for g in range(2)] for y in range(2)])
