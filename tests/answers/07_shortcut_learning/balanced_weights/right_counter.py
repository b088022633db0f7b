from collections import Counter

import numpy as np


def balanced_weights(labels, groups):
    keys = [(int(y), int(g)) for y, g in zip(labels, groups)]
    count = Counter(keys)
    weights = np.array([1 / count[key] for key in keys])
    return weights / weights.sum()
