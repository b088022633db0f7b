# misconception: input_captured
def capture_output(model, layer, x):
    kept = []
    handle = layer.register_forward_hook(lambda m, i, o: kept.append(i[0].detach().clone()))
    try:
        model(x)
    finally:
        handle.remove()
    return kept[0].cpu()
