import torch


def normalize_filters(weight):
    lo = weight.amin(dim=(1, 2, 3), keepdim=True)
    hi = weight.amax(dim=(1, 2, 3), keepdim=True)
    span = hi - lo
    span[span == 0] = 1
    return (weight - lo) / span
