# misconception: names_missing
# It writes under the last part of the dotted name.
import torch


def capture_activations(model, layer_names, x):
    modules = dict(model.named_modules())
    layers = [modules[name] for name in layer_names]
    kept, handles = {}, []
    try:
        for name, layer in zip(layer_names, layers):
            short = name.split(".")[-1]
            handles.append(
                layer.register_forward_hook(lambda m, i, o, n=short: kept.update({n: o.detach().clone()}))
            )
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return kept
