# misconception: last_use_alone
import torch
from torch import nn


class Rule(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value, top, opened):
        ctx.opened = opened
        return value.clamp(0, top)

    @staticmethod
    def backward(ctx, gradient):
        return gradient.clamp(min=0) * ctx.opened["mask"], None, None


def guided_backprop(model, x, class_index):
    relus = [m for m in model.modules() if isinstance(m, (nn.ReLU, nn.ReLU6))]
    source = x.detach().clone().requires_grad_()

    def make(relu):
        top, opened = (6.0 if isinstance(relu, nn.ReLU6) else float("inf")), {}

        def forward(value):
            opened["mask"] = ((value > 0) & (value < top)).float()
            return Rule.apply(value, top, opened)

        return forward

    try:
        for relu in relus:
            relu.forward = make(relu)
        (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        for relu in relus:
            vars(relu).pop("forward", None)
    return gradient[0].cpu()
