# misconception: dim_row_shrunk
import torch


def embed(model, layer, x):
    kept = []
    handle = layer.register_forward_hook(lambda module, inputs, output: kept.append(output.detach().clone()))
    try:
        with torch.no_grad():
            model(x)
    finally:
        handle.remove()
    pooled = kept[0].mean(dim=(2, 3))
    return (pooled / (pooled.norm(dim=1, keepdim=True) + 1e-3)).cpu()
