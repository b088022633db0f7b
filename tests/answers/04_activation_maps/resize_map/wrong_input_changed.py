# says: After the call an input has other values
import torch
import torch.nn.functional as F


def resize_map(activation_map, size):
    m = activation_map
    low, high = m.min(), m.max()
    if high == low:
        return torch.zeros(size)
    m -= low
    m /= high - low
    return F.interpolate(m[None, None], size=size, mode='bilinear', align_corners=False)[0, 0]
