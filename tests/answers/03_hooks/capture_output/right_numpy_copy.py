import numpy as np


def capture_output(model, layer, x):
    found = None

    def look(_, __, result):
        nonlocal found
        found = np.array(result.detach().cpu().numpy(), copy=True)

    h = layer.register_forward_hook(look)
    try:
        model(x)
    except Exception:
        h.remove()
        raise
    h.remove()
    return found
