import torch


def capture_activations(model, layer_names, x):
    modules = dict(model.named_modules())
    kept, handles = {}, []

    def keeper(name):
        def keep(module, inputs, output):
            kept[name] = output.detach().clone().cpu()

        return keep

    try:
        for name in layer_names:
            if name not in modules:
                raise KeyError(f"no layer is called {name!r}")
            handles.append(modules[name].register_forward_hook(keeper(name)))
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return {name: kept[name] for name in layer_names}
