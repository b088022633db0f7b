# says: a hook is still on the model
def capture_output(model, layer, x):
    kept = []
    layer.register_forward_hook(lambda m, i, o: kept.append(o.detach().clone()))
    model(x)
    return kept[0].cpu()
