# misconception: averaged_by_label
import torch
import torch.nn.functional as F


def retrieval_precision(embeddings, labels, k):
    rows = F.normalize(embeddings, dim=1)
    similar = rows @ rows.T
    neighbours = similar.fill_diagonal_(-2).topk(k, dim=1).indices
    share = (labels[neighbours] == labels[:, None]).float().mean(1)
    return float(torch.stack([share[labels == name].mean() for name in labels.unique()]).mean())
