# says: should name what is at fault
import torch


def capture_activations(model, layer_names, x):
    modules = dict(model.named_modules())
    if not set(layer_names) <= set(modules):
        raise KeyError("unknown layer")
    kept, handles = dict.fromkeys(layer_names), []
    try:
        for name in layer_names:
            handles.append(
                modules[name].register_forward_hook(lambda m, i, o, name=name: kept.update({name: o.detach().clone()}))
            )
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return kept
