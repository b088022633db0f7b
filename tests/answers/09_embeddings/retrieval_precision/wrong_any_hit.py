# misconception: hit_rate
import torch
import torch.nn.functional as F


def retrieval_precision(embeddings, labels, k):
    rows = F.normalize(embeddings, dim=1)
    similar = rows @ rows.T
    neighbours = similar.fill_diagonal_(-2).topk(k, dim=1).indices
    return float((labels[neighbours] == labels[:, None]).any(1).float().mean())
