import torch


def pca_2d(embeddings):
    centred = embeddings - embeddings.mean(dim=0)
    directions = torch.linalg.svd(centred, full_matrices=False).Vh
    return centred @ directions[:2].T
