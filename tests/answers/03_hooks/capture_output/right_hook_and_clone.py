import torch


def capture_output(model, layer, x):
    kept = {}

    def keep(module, inputs, output):
        kept["output"] = output.detach().clone()

    handle = layer.register_forward_hook(keep)
    try:
        with torch.no_grad():
            model(x)
    finally:
        handle.remove()
    return kept["output"].cpu()
