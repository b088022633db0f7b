# says: still attached to the graph
def capture_output(model, layer, x):
    kept = []
    handle = layer.register_forward_hook(lambda m, i, o: kept.append(o.clone()))
    try:
        model(x)
    finally:
        handle.remove()
    return kept[0].cpu()
