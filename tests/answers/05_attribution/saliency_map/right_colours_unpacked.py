# A picture has three colours, and the text says so: they may be unpacked by name.
import torch


def saliency_map(model, x, class_index):
    source = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    red, green, blue = gradient[0].abs()
    return torch.maximum(torch.maximum(red, green), blue).cpu()
