import numpy as np
import torch
import torch.nn.functional as F


def class_heatmaps(model, layer, x, k=2):
    outputs = []
    handle = layer.register_forward_hook(lambda module, args, out: outputs.append(out))
    try:
        logits = model(x.detach().clone().requires_grad_(True))[0]
    finally:
        handle.remove()
    maps = outputs[0]
    ranking = sorted(range(len(logits)), key=lambda i: -float(logits[i]))[:k]
    heatmaps = []
    for index in ranking:
        gradient = torch.autograd.grad(logits[index], maps, retain_graph=True)[0]
        small = (gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu().detach()
        big = F.interpolate(small, size=x.shape[-2:], mode="bilinear", align_corners=False)[0, 0].numpy()
        heatmaps.append(big / big.max() if big.max() > 0 else big)
    return np.stack(heatmaps), ranking
