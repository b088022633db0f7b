import torch


def pca_2d(embeddings):
    left, strength, _ = torch.linalg.svd(embeddings - embeddings.mean(0), full_matrices=False)
    return -left[:, :2] * strength[:2]
