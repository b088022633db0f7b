# says: a hook is still on the model
import torch


def capture_gradient(model, layer, x, class_index):
    kept = {}
    handle = layer.register_forward_hook(lambda m, i, o: kept.update(out=o))
    logits = model(x.detach().clone().requires_grad_())
    gradient = torch.autograd.grad(logits[0, class_index], kept["out"])[0].cpu()
    handle.remove()
    return gradient
