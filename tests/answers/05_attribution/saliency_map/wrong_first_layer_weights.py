# says: relies on a name that only some models have
import torch


def saliency_map(model, x, class_index):
    source = x.detach().clone().requires_grad_()
    model.conv1.weight.grad = None
    (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    return gradient[0].abs().amax(dim=0).cpu()
