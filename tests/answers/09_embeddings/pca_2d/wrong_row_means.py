# misconception: centred_by_row
import torch


def pca_2d(embeddings):
    x = embeddings - embeddings.mean(1, keepdim=True)
    return x @ torch.linalg.svd(x, full_matrices=False).Vh[:2].T
