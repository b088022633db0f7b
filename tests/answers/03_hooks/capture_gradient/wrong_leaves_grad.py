# says: some parameter has a `.grad`
def capture_gradient(model, layer, x, class_index):
    kept = []
    handle = layer.register_full_backward_hook(lambda m, grad_in, grad_out: kept.append(grad_out[0].clone()))
    try:
        model(x.detach().clone().requires_grad_())[0, class_index].backward()
    finally:
        handle.remove()
    return kept[0].cpu()
