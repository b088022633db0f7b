# misconception: model_changed
import torch
from torch import nn


class Guided(nn.Module):
    def __init__(self, old):
        super().__init__()
        self.old = old
        self.inplace = False

    def forward(self, value):
        out = self.old(value.clone())
        out.register_hook(lambda gradient: gradient.clamp(min=0))
        return out


def replace(module):
    for name, child in list(module._modules.items()):
        if isinstance(child, (nn.ReLU, nn.ReLU6)):
            setattr(module, name, Guided(child))
        elif not isinstance(child, Guided):
            replace(child)


def guided_backprop(model, x, class_index):
    replace(model)
    source = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    return gradient[0].cpu()
