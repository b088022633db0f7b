# misconception: each_channel_by_itself
import torch


def normalize_filters(weight):
    lo = weight.amin(dim=(2, 3), keepdim=True)
    span = weight.amax(dim=(2, 3), keepdim=True) - lo
    return (weight - lo) / torch.where(span > 0, span, torch.ones_like(span))
