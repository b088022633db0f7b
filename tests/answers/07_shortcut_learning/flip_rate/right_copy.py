import copy

import torch


def flip_rate(model, originals, counterfactuals):
    frozen = copy.deepcopy(model).eval()
    with torch.no_grad():
        scores = frozen(torch.cat([originals, counterfactuals]))
    before, after = scores.softmax(1).argmax(1).cpu().numpy().reshape(2, -1)
    return (before != after).mean()
