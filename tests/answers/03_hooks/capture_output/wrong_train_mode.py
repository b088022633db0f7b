# misconception: model_changed
def capture_output(model, layer, x):
    kept = []
    handle = layer.register_forward_hook(lambda m, i, o: kept.append(o.detach().clone()))
    try:
        model(x)
        model.train()
        model(x)
        model.eval()
    finally:
        handle.remove()
    return kept[0].cpu()
