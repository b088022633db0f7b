# says: Nothing was raised
import torch


def capture_activations(model, layer_names, x):
    kept, handles = dict.fromkeys(layer_names), []
    try:
        for name, module in model.named_modules():
            if name in layer_names:
                handles.append(
                    module.register_forward_hook(lambda m, i, o, name=name: kept.update({name: o.detach().clone()}))
                )
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return kept
