# misconception: output_returned
import torch


def capture_gradient(model, layer, x, class_index):
    kept = {}
    handle = layer.register_forward_hook(lambda m, i, o: kept.update(out=o))
    try:
        logits = model(x.detach().clone().requires_grad_())
    finally:
        handle.remove()
    torch.autograd.grad(logits[0, class_index], kept["out"])
    return kept["out"].detach().cpu()
