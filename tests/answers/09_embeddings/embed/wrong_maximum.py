# misconception: maximum_for_mean
import torch
import torch.nn.functional as F


def embed(model, layer, x):
    kept = []
    handle = layer.register_forward_hook(lambda module, inputs, output: kept.append(output.detach().clone()))
    try:
        with torch.no_grad():
            model(x)
    finally:
        handle.remove()
    return F.normalize(kept[0].amax(dim=(2, 3)), dim=1).cpu()
