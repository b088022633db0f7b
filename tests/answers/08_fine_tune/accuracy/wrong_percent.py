# misconception: percent
import torch
from torch import nn
import torch.nn.functional as F


def accuracy(model, loader):
    device = next(model.parameters()).device
    flags = {module: module.training for module in model.modules()}
    model.eval()
    right = seen = 0
    try:
        with torch.no_grad():
            for images, labels in loader:
                answers = model(images.to(device)).argmax(dim=1).cpu()
                right += int((answers == labels.cpu()).sum())
                seen += len(labels)
    finally:
        for module, flag in flags.items():
            module.training = flag
    return 100 * right / seen
