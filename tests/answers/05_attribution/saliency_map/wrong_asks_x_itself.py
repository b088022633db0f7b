# misconception: input_changed
import torch


def saliency_map(model, x, class_index):
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(model(x)[0, class_index], x)
    return gradient[0].abs().amax(dim=0).cpu()
