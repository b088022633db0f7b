import torch
from functools import reduce
from torch import nn
import torch.nn.functional as F


def prepare_for_transfer(model, head_name, num_classes):
    *path, last = head_name.split(".")
    holder = reduce(lambda module, part: module._modules[part], path, model)
    model.requires_grad_(False)
    inputs = holder._modules[last].weight.shape[1]
    holder._modules[last] = nn.Linear(inputs, num_classes).to(next(model.parameters()).device)
    return model
