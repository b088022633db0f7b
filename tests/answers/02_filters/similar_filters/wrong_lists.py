# misconception: lists_for_tuples
import torch
import torch.nn.functional as F


def similar_filters(weight, threshold=0.95):
    unit = F.normalize(weight.flatten(1), dim=1)
    alive = unit.norm(dim=1) > 0.5
    close = (unit @ unit.T >= threshold) & alive & alive[:, None]
    return torch.triu(close, diagonal=1).nonzero().tolist()
