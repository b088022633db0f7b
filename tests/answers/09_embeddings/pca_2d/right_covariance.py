import torch


def pca_2d(embeddings):
    centred = (embeddings - embeddings.mean(0, keepdim=True)).double()
    values, vectors = torch.linalg.eigh(centred.T @ centred / (len(centred) - 1))
    return (centred @ vectors[:, [-1, -2]]).float()
