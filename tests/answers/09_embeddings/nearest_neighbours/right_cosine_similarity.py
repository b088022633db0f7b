import torch.nn.functional as F


def nearest_neighbours(query, gallery, k):
    return F.cosine_similarity(gallery, query[None]).argsort(descending=True)[:k]
