import itertools

import torch.nn.functional as F


def similar_filters(weight, threshold=0.95):
    pairs = []
    for i, j in itertools.combinations(range(weight.shape[0]), 2):
        a, b = weight[i].reshape(-1), weight[j].reshape(-1)
        if not a.any() or not b.any():
            continue
        if F.cosine_similarity(a, b, dim=0) >= threshold:
            pairs.append((i, j))
    return pairs
