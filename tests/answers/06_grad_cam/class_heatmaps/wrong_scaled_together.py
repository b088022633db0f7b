# misconception: scaled_together
import torch
import torch.nn.functional as F


def class_heatmaps(model, layer, x, k=2):
    outputs = []
    handle = layer.register_forward_hook(lambda module, args, out: outputs.append(out))
    try:
        logits = model(x.detach().clone().requires_grad_(True))[0]
    finally:
        handle.remove()
    maps, classes, heatmaps = outputs[0], logits.topk(k).indices.tolist(), []
    for index in classes:
        gradient = torch.autograd.grad(logits[index], maps, retain_graph=True)[0]
        small = (gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu().detach()
        heatmaps.append(F.interpolate(small, size=x.shape[-2:], mode="bilinear", align_corners=False)[0, 0])
    heatmaps = torch.stack(heatmaps)
    return heatmaps / heatmaps.max(), classes
