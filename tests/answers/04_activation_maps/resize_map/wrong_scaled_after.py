# misconception: scaled_after_resizing
import torch
import torch.nn.functional as F


def resize_map(activation_map, size):
    m = activation_map
    m = F.interpolate(m[None, None], size=size, mode='bilinear', align_corners=False)[0, 0]
    low, high = m.min(), m.max()
    if high == low:
        return torch.zeros(size)
    return (m - low) / (high - low)
