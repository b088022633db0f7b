import torch


def weighted_activation_sum(weights, activations):
    return torch.einsum("nc,nchw->nhw", weights, activations).unsqueeze(1)
