# misconception: share_kept
import torch


def flip_rate(model, originals, counterfactuals):
    flags = {m: m.training for m in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            return (model(originals).argmax(1) == model(counterfactuals).argmax(1)).float().mean().item()
    finally:
        for m, flag in flags.items():
            m.training = flag
