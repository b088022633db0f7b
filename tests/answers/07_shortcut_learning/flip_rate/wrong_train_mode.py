# misconception: train_mode
import torch


def flip_rate(model, originals, counterfactuals):
    with torch.no_grad():
        return (model(originals).argmax(1) != model(counterfactuals).argmax(1)).float().mean().item()
