# misconception: threshold_ignored
import torch.nn.functional as F


def similar_filters(weight, threshold=0.95):
    unit = F.normalize(weight.flatten(1), dim=1)
    sim = unit @ unit.T
    n = len(unit)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if sim[i, j] >= 0.95 and unit[i].any() and unit[j].any()]
