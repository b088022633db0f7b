# says: Nothing was raised
def capture_output(model, layer, x):
    kept = []
    handle = layer.register_forward_hook(lambda m, i, o: kept.append(o.detach().clone()))
    try:
        model(x)
    except RuntimeError:
        pass
    finally:
        handle.remove()
    return kept[0].cpu()
