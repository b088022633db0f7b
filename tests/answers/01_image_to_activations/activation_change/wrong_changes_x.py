# misconception: nothing_changed
import torch


def activation_change(model, layer, x, box):
    kept = []
    handle = layer.register_forward_hook(lambda m, i, o: kept.append(o.detach().clone()))
    top, left, bottom, right = box
    hidden = x
    hidden[:, :, top:bottom, left:right] = 0
    try:
        with torch.no_grad():
            model(x), model(hidden)
    finally:
        handle.remove()
    return (kept[0] - kept[1]).abs().mean(1)[0]
