# misconception: flag_changed
import torch


def flip_rate(model, originals, counterfactuals):
    flags = {m: m.training for m in model.modules()}
    model.eval()
    with torch.no_grad():
        rate = (model(originals).argmax(1) != model(counterfactuals).argmax(1)).float().mean().item()
    for m, flag in flags.items():
        m.training = flag
    return rate
