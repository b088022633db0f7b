# misconception: late_binding
import torch


def capture_activations(model, layer_names, x):
    modules = dict(model.named_modules())
    kept, handles = {}, []
    layers = [modules[name] for name in layer_names]
    for name, layer in zip(layer_names, layers):
        handles.append(layer.register_forward_hook(lambda m, i, o: kept.update({name: o.detach().clone()})))
    try:
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return kept
