import torch


def capture_gradient(model, layer, x, class_index):
    kept = {}

    def keep(module, inputs, output):
        kept["output"] = output

    handle = layer.register_forward_hook(keep)
    try:
        logits = model(x.detach().clone().requires_grad_())
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(logits[0, class_index], kept["output"])
    return gradient.detach().cpu()
