import torch


def channel_weights(gradients: torch.Tensor) -> torch.Tensor:
    h, w = gradients.shape[-2:]
    return torch.einsum("nchw->nc", gradients) / (h * w)
