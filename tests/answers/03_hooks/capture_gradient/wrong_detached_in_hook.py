# says: One of the differentiated Tensors
import torch


def capture_gradient(model, layer, x, class_index):
    kept = {}
    handle = layer.register_forward_hook(lambda m, i, o: kept.update(out=o.detach().clone()))
    try:
        logits = model(x.detach().clone().requires_grad_())
    finally:
        handle.remove()
    return torch.autograd.grad(logits[0, class_index], kept["out"])[0].cpu()
