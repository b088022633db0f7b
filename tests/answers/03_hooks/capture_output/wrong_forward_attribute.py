# misconception: model_changed
# It replaces the layer's forward by its own, as people did before they met hooks, and leaves it there.
def capture_output(model, layer, x):
    kept = []
    original = type(layer).forward

    def forward(*inputs):
        kept.append(original(layer, *inputs))
        return kept[-1].clone()

    layer.forward = forward
    model(x)
    return kept[0].detach().cpu()
