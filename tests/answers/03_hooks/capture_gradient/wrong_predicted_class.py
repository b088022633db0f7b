# misconception: class_ignored
import torch


def capture_gradient(model, layer, x, class_index):
    kept = {}
    handle = layer.register_forward_hook(lambda m, i, o: kept.update(out=o))
    try:
        logits = model(x.detach().clone().requires_grad_())
    finally:
        handle.remove()
    return torch.autograd.grad(logits[0].max(), kept["out"])[0].cpu()
