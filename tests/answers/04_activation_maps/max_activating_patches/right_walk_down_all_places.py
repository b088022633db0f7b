import torch


def max_activating_patches(activations, channel, k):
    maps = activations[:, channel]
    seen, found = set(), []
    _, height, width = maps.shape
    for index in maps.flatten().argsort(descending=True).tolist():
        image, rest = divmod(index, height * width)
        if image not in seen:
            seen.add(image)
            found.append((image, rest // width, rest % width))
        if len(found) == k:
            break
    return found
