# says: an input has other values, `requires_grad` set
import torch


def capture_gradient(model, layer, x, class_index):
    kept = {}
    handle = layer.register_forward_hook(lambda m, i, o: kept.update(out=o))
    try:
        logits = model(x.requires_grad_())
    finally:
        handle.remove()
    return torch.autograd.grad(logits[0, class_index], kept["out"])[0].cpu()
