import torch
import torch.nn.functional as F


def resize_map(activation_map, size):
    m = activation_map - activation_map.min()
    m = torch.nan_to_num(m / m.max(), nan=0.0)
    up = torch.nn.Upsample(size=tuple(size), mode='bilinear')
    return up(m.reshape(1, 1, *m.shape)).squeeze(0).squeeze(0).detach().cpu()
