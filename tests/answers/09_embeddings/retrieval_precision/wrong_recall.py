# misconception: recall
import torch
import torch.nn.functional as F


def retrieval_precision(embeddings, labels, k):
    rows = F.normalize(embeddings, dim=1)
    similar = rows @ rows.T
    neighbours = similar.fill_diagonal_(-2).topk(k, dim=1).indices
    hits = (labels[neighbours] == labels[:, None]).sum(1)
    there = (labels[:, None] == labels[None]).sum(1) - 1
    return float((hits / there.clamp(min=1)).mean())
