import numpy as np


def nearest_neighbours(query, gallery, k):
    q = query.numpy() / np.linalg.norm(query.numpy())
    rows = gallery.numpy() / np.linalg.norm(gallery.numpy(), axis=1, keepdims=True)
    return np.argsort(np.linalg.norm(rows - q, axis=1))[:k]
