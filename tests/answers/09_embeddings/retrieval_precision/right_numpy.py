import numpy as np


def retrieval_precision(embeddings, labels, k):
    x, y = embeddings.double().numpy(), labels.numpy()
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    similar = unit @ unit.T
    np.fill_diagonal(similar, -2)
    nearest = np.argpartition(-similar, k - 1, axis=1)[:, :k]
    return np.mean(y[nearest] == y[:, None])
