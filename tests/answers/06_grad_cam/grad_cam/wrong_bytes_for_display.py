# misconception: whole_numbers
import torch
import torch.nn.functional as F


def grad_cam(model, layer, x, class_index=None):
    kept = {}

    def keep(module, inputs, output):
        kept["maps"] = output

    handle = layer.register_forward_hook(keep)
    try:
        logits = model(x.detach().clone().requires_grad_(True))
    finally:
        handle.remove()
    if class_index is None:
        class_index = int(logits[0].argmax())
    maps = kept["maps"]
    (gradients,) = torch.autograd.grad(logits[0, class_index], maps)
    weights = gradients.mean(dim=(2, 3), keepdim=True)
    small = (weights * maps.detach()).sum(dim=1, keepdim=True).relu()
    heatmap = F.interpolate(small, size=x.shape[-2:], mode="bilinear", align_corners=False)[0, 0]
    top = heatmap.max()
    if top > 0:
        heatmap = heatmap / top
    return (heatmap * 255).to(torch.uint8), class_index
