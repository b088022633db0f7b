# misconception: absolute_value_left_out
import torch


def saliency_map(model, x, class_index):
    source = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    return gradient[0].amax(dim=0).cpu()
