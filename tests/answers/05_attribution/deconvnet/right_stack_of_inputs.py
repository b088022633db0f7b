# A pre-hook hands the ReLU a copy; a hook puts the values back on the input's own path, and looks at the gradient.
import torch
from torch import nn


def deconvnet(model, x, class_index):
    waiting, handles = [], []

    def enter(module, inputs):
        waiting.append(inputs[0])
        return (inputs[0].clone(),)

    def leave(module, inputs, output):
        before = waiting.pop()
        straight = before + (output - before).detach()
        straight.register_hook(lambda gradient: gradient.clamp(min=0))
        return straight

    try:
        for module in model.modules():
            if isinstance(module, (nn.ReLU, nn.ReLU6)):
                handles.append(module.register_forward_pre_hook(enter))
                handles.append(module.register_forward_hook(leave))
        source = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        for handle in handles:
            handle.remove()
    return gradient[0].cpu()
