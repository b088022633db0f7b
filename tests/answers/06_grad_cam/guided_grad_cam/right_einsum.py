import torch


def guided_grad_cam(guided, heatmap):
    return torch.einsum("chw,hw->chw", guided, heatmap)
