import torch


def guided_grad_cam(guided, heatmap):
    return torch.stack([colour * heatmap for colour in guided])
