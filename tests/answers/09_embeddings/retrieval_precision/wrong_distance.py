# misconception: euclidean
import torch
import torch.nn.functional as F


def retrieval_precision(embeddings, labels, k):
    distances = torch.cdist(embeddings, embeddings).fill_diagonal_(torch.inf)
    neighbours = distances.topk(k, dim=1, largest=False).indices
    return float((labels[neighbours] == labels[:, None]).float().mean())
