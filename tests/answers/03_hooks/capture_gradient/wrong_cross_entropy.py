# misconception: log_probability
import torch
import torch.nn.functional as F


def capture_gradient(model, layer, x, class_index):
    kept = {}
    handle = layer.register_forward_hook(lambda m, i, o: kept.update(out=o))
    try:
        logits = model(x.detach().clone().requires_grad_())
    finally:
        handle.remove()
    loss = F.cross_entropy(logits, torch.tensor([class_index]))
    return torch.autograd.grad(loss, kept["out"])[0].cpu()
