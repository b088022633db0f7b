# misconception: directions_by_row
import torch


def pca_2d(embeddings):
    centred = embeddings - embeddings.mean(0)
    return centred @ torch.linalg.svd(centred).Vh[:, :2]
