# misconception: class_ignored
import torch


def saliency_map(model, x, class_index):
    source = x.detach().clone().requires_grad_()
    logits = model(source)
    score = logits[0, class_index or int(logits.argmax())]
    (gradient,) = torch.autograd.grad(score, source)
    return gradient[0].abs().amax(dim=0).cpu()
