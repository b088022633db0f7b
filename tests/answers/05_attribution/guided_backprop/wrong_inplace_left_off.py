# misconception: flag_changed
import torch
from torch import nn


def guided_backprop(model, x, class_index):
    relus = [m for m in model.modules() if isinstance(m, (nn.ReLU, nn.ReLU6))]
    for relu in relus:
        relu.inplace = False
    handles = [relu.register_full_backward_hook(lambda m, g_in, g_out: (g_in[0].clamp(min=0),)) for relu in relus]
    try:
        source = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        for handle in handles:
            handle.remove()
    return gradient[0].cpu()
