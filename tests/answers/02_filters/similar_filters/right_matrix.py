import torch


def similar_filters(weight, threshold=0.95):
    flat = weight.flatten(1)
    norms = flat.norm(dim=1, keepdim=True)
    unit = torch.where(norms > 0, flat / norms.clamp(min=1e-30), torch.full_like(flat, float("nan")))
    sim = unit @ unit.T
    n = len(flat)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if sim[i, j] >= threshold]
