# misconception: constant_not_zero
import torch


def normalize_filters(weight):
    out = weight.clone()
    for i, f in enumerate(weight):
        if f.max() > f.min():
            out[i] = (f - f.min()) / (f.max() - f.min())
    return out
