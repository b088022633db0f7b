# misconception: overwritten_in_place
import torch


def capture_activations(model, layer_names, x):
    modules = dict(model.named_modules())
    layers = [modules[name] for name in layer_names]
    kept, handles = dict.fromkeys(layer_names), []
    try:
        for name, layer in zip(layer_names, layers):
            handles.append(layer.register_forward_hook(lambda m, i, o, name=name: kept.update({name: o.detach()})))
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return kept
