# misconception: hook_left
def capture_output(model, layer, x):
    kept = []
    handle = layer.register_forward_hook(lambda m, i, o: kept.append(o.detach().clone()))
    model(x)
    handle.remove()
    return kept[0].cpu()
