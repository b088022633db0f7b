import torch


def capture_gradient(model, layer, x, class_index):
    kept = []

    def look(module, grad_input, grad_output):
        kept.append(grad_output[0].detach().clone())

    handle = layer.register_full_backward_hook(look)
    try:
        source = x.detach().clone().requires_grad_()
        score = model(source)[0][class_index]
        torch.autograd.grad(score, source)
    finally:
        handle.remove()
    return kept[0].cpu()
