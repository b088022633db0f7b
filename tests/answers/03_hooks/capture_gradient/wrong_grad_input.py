# misconception: input_of_layer
def capture_gradient(model, layer, x, class_index):
    kept = []
    handle = layer.register_full_backward_hook(lambda m, grad_in, grad_out: kept.append(grad_in[0].clone()))
    before = [p.grad for p in model.parameters()]
    try:
        model(x.detach().clone().requires_grad_())[0, class_index].backward()
    finally:
        handle.remove()
        for p, g in zip(model.parameters(), before):
            p.grad = g
    return kept[0].cpu()
