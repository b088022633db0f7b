# says: module, inputs, output
import torch


def capture_output(model, layer, x):
    kept = []

    def hook(module, output):
        kept.append(output.detach().clone())

    handle = layer.register_forward_hook(hook)
    try:
        with torch.no_grad():
            model(x)
    finally:
        handle.remove()
    return kept[0]
