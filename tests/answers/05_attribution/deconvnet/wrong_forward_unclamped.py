# misconception: forward_open_below
import torch
from torch import nn


class Rule(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value, top):
        return value.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient.clamp(min=0), None


def deconvnet(model, x, class_index):
    relus = [m for m in model.modules() if isinstance(m, (nn.ReLU, nn.ReLU6))]
    source = x.detach().clone().requires_grad_()
    try:
        for relu in relus:
            relu.forward = lambda value: Rule.apply(value, None)
        (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        for relu in relus:
            vars(relu).pop("forward", None)
    return gradient[0].cpu()
