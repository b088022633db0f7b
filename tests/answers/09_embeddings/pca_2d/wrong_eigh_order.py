# misconception: weakest_directions
import torch


def pca_2d(embeddings):
    centred = embeddings - embeddings.mean(0)
    return centred @ torch.linalg.eigh(centred.T @ centred).eigenvectors[:, :2]
