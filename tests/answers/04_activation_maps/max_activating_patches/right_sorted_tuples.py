import torch


def max_activating_patches(activations, channel, k):
    best = []
    for image, one in enumerate(activations[:, channel]):
        at = int(one.argmax())
        best.append((-float(one.flatten()[at]), (image, at // one.shape[1], at % one.shape[1])))
    return [place for _, place in sorted(best)[:k]]
