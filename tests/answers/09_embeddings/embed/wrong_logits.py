# misconception: logits_returned
import torch
import torch.nn.functional as F


def embed(model, layer, x):
    with torch.no_grad():
        return F.normalize(model(x), dim=1).cpu()
