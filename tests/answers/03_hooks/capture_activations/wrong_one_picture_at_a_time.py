# misconception: several_passes
import torch


def capture_activations(model, layer_names, x):
    modules = dict(model.named_modules())
    layers = [modules[name] for name in layer_names]
    kept = {name: [] for name in layer_names}
    handles = []
    try:
        for name, layer in zip(layer_names, layers):
            handles.append(layer.register_forward_hook(lambda m, i, o, n=name: kept[n].append(o.detach().clone())))
        with torch.no_grad():
            for one in x:
                model(one[None])
    finally:
        for handle in handles:
            handle.remove()
    return {name: torch.cat(values).cpu() for name, values in kept.items()}
