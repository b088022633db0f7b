import numpy as np


def similar_filters(weight, threshold=0.95):
    w = weight.double().numpy().reshape(len(weight), -1)
    length = np.linalg.norm(w, axis=1)
    with np.errstate(all="ignore"):
        cos = (w @ w.T) / np.outer(length, length)
    rows, cols = np.where(np.triu(cos >= threshold, k=1))
    return sorted((int(i), int(j)) for i, j in zip(rows, cols))
