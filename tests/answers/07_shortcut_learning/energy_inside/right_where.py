import torch


def energy_inside(heatmap, mask):
    total = heatmap.sum()
    return (torch.where(mask, heatmap, torch.zeros_like(heatmap)).sum() / total).item() if total > 0 else 0.0
