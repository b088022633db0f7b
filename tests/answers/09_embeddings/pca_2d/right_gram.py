import numpy as np


def pca_2d(embeddings):
    x = embeddings.numpy().astype(np.float64)
    x = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(x @ x.T)  # pictures against pictures: N by N
    order = np.argsort(values)[::-1][:2]
    return (vectors[:, order] * np.sqrt(np.maximum(values[order], 0))).astype(np.float32)
