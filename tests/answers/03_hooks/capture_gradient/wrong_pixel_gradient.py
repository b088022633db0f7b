# misconception: input_gradient
import torch


def capture_gradient(model, layer, x, class_index):
    source = x.detach().clone().requires_grad_()
    handle = layer.register_forward_hook(lambda m, i, o: None)
    try:
        score = model(source)[0, class_index]
    finally:
        handle.remove()
    return torch.autograd.grad(score, source)[0].cpu()
