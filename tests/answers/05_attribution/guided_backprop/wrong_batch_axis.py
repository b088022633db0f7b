# misconception: batch_axis_kept
import torch
from torch import nn


def guided_backprop(model, x, class_index):
    def hook(module, inputs, output):
        output.register_hook(lambda gradient: gradient.clamp(min=0))

    relus = [m for m in model.modules() if isinstance(m, (nn.ReLU, nn.ReLU6))]
    handles = [relu.register_forward_hook(hook) for relu in relus]
    try:
        source = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        for handle in handles:
            handle.remove()
    return gradient.cpu()
