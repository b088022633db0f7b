# misconception: not_centred
import torch


def pca_2d(embeddings):
    return embeddings @ torch.linalg.svd(embeddings, full_matrices=False).Vh[:2].T
