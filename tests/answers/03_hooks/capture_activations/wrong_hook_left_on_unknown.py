# says: a hook is still on the model
import torch


def capture_activations(model, layer_names, x):
    modules = dict(model.named_modules())
    kept, handles = dict.fromkeys(layer_names), []
    for name in layer_names:
        layer = modules[name]
        handles.append(
            layer.register_forward_hook(lambda m, i, o, name=name: kept.update({name: o.detach().clone()}))
        )
    try:
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return kept
