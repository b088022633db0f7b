import torch
from torch import nn
import torch.nn.functional as F


def prepare_for_transfer(model, head_name, num_classes):
    old = model.get_submodule(head_name)
    new = nn.Linear(in_features=old.in_features, out_features=num_classes, bias=True).to(old.weight.device)
    for name, module in model.named_modules():
        for child, part in list(module.named_children()):
            if part is old:
                module.add_module(child, new)
    for parameter in model.parameters():
        parameter.requires_grad_(any(parameter is own for own in new.parameters()))
    return model
