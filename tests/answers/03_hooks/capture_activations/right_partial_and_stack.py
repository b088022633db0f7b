from contextlib import ExitStack
from functools import partial


def capture_activations(model, layer_names, x):
    found = dict.fromkeys(layer_names)

    def store(name, module, inputs, output):
        found[name] = output.detach().cpu().clone()

    # All names are looked up before the first hook is set.
    layers = [(n, dict(model.named_modules())[n]) for n in layer_names]
    with ExitStack() as stack:
        for name, layer in layers:
            stack.callback(layer.register_forward_hook(partial(store, name)).remove)
        model(x)
    return found
