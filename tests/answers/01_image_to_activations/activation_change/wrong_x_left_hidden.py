# says: an input has other values
import torch


def activation_change(model, layer, x, box):
    kept = []
    handle = layer.register_forward_hook(lambda m, i, o: kept.append(o.detach().clone()))
    top, left, bottom, right = box
    before = x.clone()
    try:
        with torch.no_grad():
            model(before)
            x[:, :, top:bottom, left:right] = 0
            model(x)
    finally:
        handle.remove()
    return (kept[0] - kept[1]).abs().mean(1)[0]
