# misconception: twin_left_out
import torch
import torch.nn.functional as F


def retrieval_precision(embeddings, labels, k):
    rows = F.normalize(embeddings, dim=1)
    similar = rows @ rows.T
    neighbours = similar.argsort(dim=1, descending=True, stable=True)[:, 1 : k + 1]
    return float((labels[neighbours] == labels[:, None]).float().mean())
