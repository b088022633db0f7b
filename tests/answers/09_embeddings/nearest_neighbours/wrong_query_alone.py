# misconception: dot_product
import torch


def nearest_neighbours(query, gallery, k):
    return (gallery @ (query / query.norm())).topk(k).indices
