# misconception: scaled
import torch


def saliency_map(model, x, class_index):
    source = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    heat = gradient[0].abs().amax(dim=0).cpu()
    return heat / heat.max()
