# misconception: directions_returned
import torch


def pca_2d(embeddings):
    centred = embeddings - embeddings.mean(0)
    return torch.linalg.svd(centred, full_matrices=False).Vh[:2].T
