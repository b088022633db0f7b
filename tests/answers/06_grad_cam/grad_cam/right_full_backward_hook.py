import torch
from torch import nn


def grad_cam(model, layer, x, class_index=None):
    activations, gradients = [], []
    hooks = [
        layer.register_forward_hook(lambda m, i, o: activations.append(o.detach())),
        layer.register_full_backward_hook(lambda m, gi, go: gradients.append(go[0].detach())),
    ]
    try:
        with torch.enable_grad():
            source = x.detach().clone()
            source.requires_grad = True
            logits = model(source)
            index = logits.argmax().item() if class_index is None else class_index
            torch.autograd.grad(logits[0, index], source)
    finally:
        for hook in hooks:
            hook.remove()
    weights = gradients[0].mean(dim=[2, 3])[0]
    small = sum(w * a for w, a in zip(weights, activations[0][0]))
    small = torch.maximum(small, torch.zeros_like(small))
    big = nn.Upsample(size=tuple(x.shape[-2:]), mode="bilinear", align_corners=False)(small[None, None])
    big = big[0, 0]
    return (big / big.max() if big.max() > 0 else big), index
