import torch
from torch import nn
import torch.nn.functional as F


from course_utils.instruments import grad_cam


def mean_energy_inside(model, layer, images, masks, labels):
    total = 0.0
    for x, mask, label in zip(images, masks, labels):
        heat, _ = grad_cam(model, layer, x[None], int(label))
        total += float((heat * mask.cpu()).sum() / heat.sum().clamp(min=1e-12))
    return total / len(images)
