# misconception: overwritten_in_place
def capture_output(model, layer, x):
    kept = {}
    handle = layer.register_forward_hook(lambda m, i, o: kept.update(out=o.detach()))
    try:
        model(x)
    finally:
        handle.remove()
    return kept["out"].cpu()
