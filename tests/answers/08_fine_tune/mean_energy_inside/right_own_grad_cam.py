import torch
from torch import nn
import torch.nn.functional as F


def mean_energy_inside(model, layer, images, masks, labels):
    kept = []
    handle = layer.register_forward_hook(lambda module, inputs, output: kept.append(output))
    try:
        logits = model(images.detach().clone().requires_grad_())
    finally:
        handle.remove()
    chosen = logits[torch.arange(len(labels)), torch.as_tensor(labels)].sum()
    (slopes,) = torch.autograd.grad(chosen, kept[0])
    small = (slopes.mean((2, 3), keepdim=True) * kept[0]).sum(1, keepdim=True).relu().detach()
    big = F.interpolate(small, size=images.shape[2:], mode="bilinear", align_corners=False)[:, 0]
    inside, whole = (big * masks.to(big.device)).sum((1, 2)), big.sum((1, 2))
    return torch.where(whole > 0, inside / whole.clamp(min=1e-20), 0.0).mean().item()
