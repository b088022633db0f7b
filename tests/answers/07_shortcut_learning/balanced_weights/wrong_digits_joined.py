# misconception: cells_confused
from collections import Counter

import torch


def balanced_weights(labels, groups):
    cells = [f"{label}{group}" for label, group in zip(labels.tolist(), groups.tolist())]
    sizes = Counter(cells)
    weights = torch.tensor([1 / sizes[cell] for cell in cells])
    return weights / weights.sum()
