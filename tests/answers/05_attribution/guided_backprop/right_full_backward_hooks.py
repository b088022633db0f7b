# Full backward hooks, with the in-place flags off for the time of the call.
import torch
from torch import nn


def guided_backprop(model, x, class_index):
    relus = [m for m in model.modules() if isinstance(m, (nn.ReLU, nn.ReLU6))]
    flags, handles = [relu.inplace for relu in relus], []
    try:
        for relu in relus:
            relu.inplace = False
            handles.append(
                relu.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0].clamp(min=0),))
            )
        source = x.detach().clone().requires_grad_()
        gradient = torch.autograd.grad(model(source)[0, class_index], source)[0]
    finally:
        for handle in handles:
            handle.remove()
        for relu, flag in zip(relus, flags):
            relu.inplace = flag
    return gradient[0].cpu().numpy()
