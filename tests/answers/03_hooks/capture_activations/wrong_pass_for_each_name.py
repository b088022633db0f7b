# misconception: several_passes
import torch


def capture_activations(model, layer_names, x):
    result = {}
    for name in layer_names:
        kept = []
        layer = dict(model.named_modules())[name]
        handle = layer.register_forward_hook(lambda m, i, o: kept.append(o.detach().clone()))
        try:
            with torch.no_grad():
                model(x)
        finally:
            handle.remove()
        result[name] = kept[0].cpu()
    return result
