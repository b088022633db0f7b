# misconception: not_scaled
import torch
import torch.nn.functional as F


def resize_map(activation_map, size):
    m = activation_map
    return F.interpolate(m[None, None], size=size, mode='bilinear', align_corners=False)[0, 0]
