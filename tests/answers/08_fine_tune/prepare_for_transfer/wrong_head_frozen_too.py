# misconception: wrong_parts_frozen
import torch
from torch import nn
import torch.nn.functional as F


def prepare_for_transfer(model, head_name, num_classes):
    old = model.get_submodule(head_name)
    head = nn.Linear(old.in_features, num_classes, device=old.weight.device)
    parent, _, name = head_name.rpartition(".")
    setattr(model.get_submodule(parent), name, head)
    model.requires_grad_(False)
    return model
