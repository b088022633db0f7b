# misconception: input_changed
import torch


def pca_2d(embeddings):
    embeddings -= embeddings.mean(0)
    return embeddings @ torch.linalg.svd(embeddings, full_matrices=False).Vh[:2].T
