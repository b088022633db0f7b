import numpy as np
import torch


def activation_change(model, layer, x, box):
    top, left, bottom, right = box
    batch = torch.cat([x, x])
    batch[1, :, top:bottom, left:right] = 0
    out = {}

    def keep(module, args, output):
        out["maps"] = output.detach().cpu().numpy().copy()

    handle = layer.register_forward_hook(keep)
    try:
        with torch.inference_mode():
            model(batch)
    finally:
        handle.remove()
    return np.abs(out["maps"][1] - out["maps"][0]).mean(axis=0)
