# misconception: best_last
import torch


def nearest_neighbours(query, gallery, k):
    return torch.cosine_similarity(gallery, query[None]).argsort()[-k:]
