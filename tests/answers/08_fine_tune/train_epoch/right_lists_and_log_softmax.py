import torch
from torch import nn
import torch.nn.functional as F


def frozen(module):
    return all(not p.requires_grad for p in module.parameters(recurse=False))


def train_epoch(model, loader, optimizer):
    place = next(iter(model.parameters())).device
    for module in model.modules():
        norm = isinstance(module, nn.modules.batchnorm._BatchNorm)
        module.training = not (norm and frozen(module))
    every = []
    for batch in loader:
        x, y = (part.to(place) for part in batch)
        logs = model(x).log_softmax(1)
        each = -logs[torch.arange(len(y), device=place), y]
        model.zero_grad(set_to_none=True)
        each.mean().backward()
        optimizer.step()
        every.extend(each.detach().tolist())
    return torch.tensor(every).mean()
