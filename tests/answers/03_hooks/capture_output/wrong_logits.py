# misconception: logits_returned
def capture_output(model, layer, x):
    kept = []
    handle = layer.register_forward_hook(lambda m, i, o: kept.append(o.detach().clone()))
    try:
        result = model(x)
    finally:
        handle.remove()
    return result.detach().cpu()
