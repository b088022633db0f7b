# misconception: probability_instead_of_logit
import torch


def capture_gradient(model, layer, x, class_index):
    kept = {}
    handle = layer.register_forward_hook(lambda m, i, o: kept.update(out=o))
    try:
        p = model(x.detach().clone().requires_grad_()).softmax(dim=1)
    finally:
        handle.remove()
    return torch.autograd.grad(p[0, class_index], kept["out"])[0].cpu()
