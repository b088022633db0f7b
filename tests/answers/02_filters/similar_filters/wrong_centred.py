# misconception: mean_subtracted
import torch


def similar_filters(weight, threshold=0.95):
    sim = torch.corrcoef(weight.flatten(1))
    n = len(sim)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if sim[i, j] >= threshold]
