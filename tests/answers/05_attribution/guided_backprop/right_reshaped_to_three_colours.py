# The shape is written as the task gives it: [3, H, W].
import torch
from torch import nn


def guided_backprop(model, x, class_index):
    def on_output(module, inputs, output):
        output.register_hook(lambda gradient: gradient.clamp(min=0))

    handles = [m.register_forward_hook(on_output) for m in model.modules() if isinstance(m, (nn.ReLU, nn.ReLU6))]
    try:
        source = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        for handle in handles:
            handle.remove()
    return gradient.reshape(3, x.shape[2], x.shape[3]).cpu()
