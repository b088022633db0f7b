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
    return F.normalize(F.adaptive_avg_pool2d(kept[0], 1).flatten(1), dim=1).cpu()
