# misconception: standardised
import torch


def pca_2d(embeddings):
    x = (embeddings - embeddings.mean(0)) / embeddings.std(0, correction=0)
    return x @ torch.linalg.svd(x, full_matrices=False).Vh[:2].T
