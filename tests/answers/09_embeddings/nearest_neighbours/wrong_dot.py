# misconception: dot_product
import torch


def nearest_neighbours(query, gallery, k):
    return (gallery @ query).topk(k).indices
