import torch
from torch import nn
import torch.nn.functional as F


def accuracy(model, loader):
    import copy

    twin = copy.deepcopy(model).eval()
    device = next(twin.parameters()).device
    hits = []
    with torch.inference_mode():
        for images, labels in loader:
            hits.append(twin(images.to(device)).max(1).indices == labels.to(device))
    return torch.cat(hits).float().mean().item()
