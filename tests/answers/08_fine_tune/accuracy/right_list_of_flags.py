import torch
from torch import nn
import torch.nn.functional as F


@torch.no_grad()
def accuracy(model, loader):
    modules = list(model.modules())
    before = [m.training for m in modules]
    for m in modules:
        m.training = False
    pairs = [(model(x.to(next(model.parameters()).device)).topk(1).indices[:, 0].tolist(), y.tolist()) for x, y in loader]
    for m, flag in zip(modules, before):
        m.training = flag
    flat = [(a, b) for answers, labels in pairs for a, b in zip(answers, labels)]
    return sum(a == b for a, b in flat) / len(flat)
