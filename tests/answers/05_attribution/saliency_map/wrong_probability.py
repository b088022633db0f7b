# misconception: probability_instead_of_logit
import torch


def saliency_map(model, x, class_index):
    source = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(source).softmax(dim=1)[0, class_index], source)
    return gradient[0].abs().amax(dim=0).cpu()
