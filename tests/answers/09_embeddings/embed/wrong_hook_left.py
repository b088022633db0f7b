# misconception: hook_left
import torch
import torch.nn.functional as F


def embed(model, layer, x):
    kept = []
    layer.register_forward_hook(lambda module, inputs, output: kept.append(output.detach().clone()))
    with torch.no_grad():
        model(x)
    return F.normalize(kept[0].mean(dim=(2, 3)), dim=1).cpu()
