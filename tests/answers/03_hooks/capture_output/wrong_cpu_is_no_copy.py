# misconception: overwritten_in_place
import torch


def capture_output(model, layer, x):
    kept = []
    handle = layer.register_forward_hook(lambda m, i, o: kept.append(o.detach().cpu().float().contiguous()))
    try:
        with torch.no_grad():
            model(x)
    finally:
        handle.remove()
    return kept[0]
