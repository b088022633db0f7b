# misconception: one_too_few
import torch
import torch.nn.functional as F


def retrieval_precision(embeddings, labels, k):
    rows = F.normalize(embeddings, dim=1)
    similar = rows @ rows.T
    neighbours = similar.fill_diagonal_(2).topk(k, dim=1).indices[:, 1:]
    return float((labels[neighbours] == labels[:, None]).float().mean()) if k > 1 else float('nan')
