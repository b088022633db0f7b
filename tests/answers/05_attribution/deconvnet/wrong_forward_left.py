# misconception: model_changed
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
    source = x.detach().clone().requires_grad_()
    for relu in model.modules():
        if isinstance(relu, (nn.ReLU, nn.ReLU6)):
            top = 6.0 if isinstance(relu, nn.ReLU6) else float("inf")
            relu.forward = lambda value, top=top: Rule.apply(value, top)
    (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    return gradient[0].cpu()
