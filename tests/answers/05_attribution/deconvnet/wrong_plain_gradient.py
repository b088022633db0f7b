# misconception: clamped_gradient
import torch


def deconvnet(model, x, class_index):
    source = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    return gradient[0].clamp(min=0).cpu()
