import numpy as np


def top_channels(activation, k=4):
    spread = activation.cpu().numpy()[0].std(axis=(1, 2))
    return np.argsort(spread)[::-1][:k].copy()
