# says: Here a `KeyError` is asked for
import torch


def capture_activations(model, layer_names, x):
    layers = [model.get_submodule(name) for name in layer_names]
    kept, handles = dict.fromkeys(layer_names), []
    try:
        for name, layer in zip(layer_names, layers):
            handles.append(
                layer.register_forward_hook(lambda m, i, o, name=name: kept.update({name: o.detach().clone()}))
            )
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return kept
