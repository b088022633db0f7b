# Both classes get another forward for the time of the call, and their own back.
import torch
from torch import nn


class Rule(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value, top):
        return value.clamp(0, top)

    @staticmethod
    def backward(ctx, gradient):
        return gradient.clamp(min=0), None


def deconvnet(model, x, class_index):
    kept = nn.ReLU.forward, nn.ReLU6.forward
    source = x.detach().clone().requires_grad_()
    try:
        nn.ReLU.forward = lambda self, value: Rule.apply(value, float("inf"))
        nn.ReLU6.forward = lambda self, value: Rule.apply(value, 6.0)
        (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        nn.ReLU.forward, nn.ReLU6.forward = kept
    return gradient[0].cpu()
