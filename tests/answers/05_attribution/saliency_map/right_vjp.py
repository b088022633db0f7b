import torch


def saliency_map(model, x, class_index):
    logits, back = torch.func.vjp(model, x.detach())
    start = torch.zeros_like(logits)
    start[0, class_index] = 1.0
    (gradient,) = back(start)
    return torch.maximum(gradient.max(dim=1).values, -gradient.min(dim=1).values)[0].detach().cpu()
