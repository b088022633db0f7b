# misconception: absolute_cosine
import torch


def nearest_neighbours(query, gallery, k):
    return ((gallery @ query).abs() / gallery.norm(dim=1)).topk(k).indices
