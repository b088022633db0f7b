# misconception: values_returned
import torch


def nearest_neighbours(query, gallery, k):
    return torch.cosine_similarity(gallery, query[None]).topk(k).values
