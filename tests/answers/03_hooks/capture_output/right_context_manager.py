import contextlib

import torch


@contextlib.contextmanager
def sensor(layer, store):
    handle = layer.register_forward_hook(lambda module, args, out: store.append(out.data.clone()))
    try:
        yield store
    finally:
        handle.remove()


def capture_output(model, layer, x):
    with sensor(layer, []) as store, torch.inference_mode(False):
        model(x)
    (only,) = store
    return only.to("cpu")
