# misconception: sorted_by_position
import torch


def nearest_neighbours(query, gallery, k):
    return torch.cosine_similarity(gallery, query[None]).topk(k).indices.sort().values
