# misconception: least_first
import torch


def top_channels(activation, k=4):
    score = activation[0].flatten(1).var(dim=1)
    return score.argsort()[-k:]
