# misconception: scores_compared
import torch


def flip_rate(model, originals, counterfactuals):
    flags = {m: m.training for m in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            return (model(originals) != model(counterfactuals)).any(dim=1).float().mean().item()
    finally:
        for m, flag in flags.items():
            m.training = flag
