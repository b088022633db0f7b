from contextlib import contextmanager

import torch


@contextmanager
def evaluating(model):
    flags = {name: module.training for name, module in model.named_modules()}
    try:
        yield model.eval()
    finally:
        for name, module in model.named_modules():
            module.training = flags[name]


def flip_rate(model, originals, counterfactuals):
    with evaluating(model), torch.no_grad():
        a, b = (model(batch).max(dim=1).indices for batch in (originals, counterfactuals))
    return (a.ne(b).sum() / len(a)).item()
