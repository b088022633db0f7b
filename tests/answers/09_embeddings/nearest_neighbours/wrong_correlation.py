# misconception: centred_first
import torch


def nearest_neighbours(query, gallery, k):
    q, rows = query - query.mean(), gallery - gallery.mean(1, keepdim=True)
    return torch.cosine_similarity(rows, q[None]).topk(k).indices
