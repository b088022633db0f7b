# misconception: flags_not_restored
import torch


def flip_rate(model, originals, counterfactuals):
    model.eval()
    with torch.no_grad():
        return (model(originals).argmax(1) != model(counterfactuals).argmax(1)).float().mean().item()
