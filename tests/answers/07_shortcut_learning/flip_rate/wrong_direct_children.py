# misconception: flags_not_restored
import torch


def flip_rate(model, originals, counterfactuals):
    flags = {m: m.training for m in [model, *model.children()]}
    model.eval()
    with torch.no_grad():
        rate = (model(originals).argmax(1) != model(counterfactuals).argmax(1)).float().mean().item()
    for m, flag in flags.items():
        m.train(flag)
    return rate
