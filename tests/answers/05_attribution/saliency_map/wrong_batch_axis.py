# misconception: batch_axis_kept
import torch


def saliency_map(model, x, class_index):
    source = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    return gradient.abs().amax(dim=1).cpu()
