# misconception: best_left_out
import torch


def nearest_neighbours(query, gallery, k):
    order = torch.cosine_similarity(gallery, query[None]).argsort(descending=True)
    return order.roll(-1)[:k]
