import math

import torch


def tile_filters(filters, columns=8, padding=1):
    n, _, k, _ = filters.shape
    rows = math.ceil(n / columns)
    image = torch.ones(rows * k + (rows - 1) * padding, columns * k + (columns - 1) * padding, 3)
    for i in range(n):
        r, c = divmod(i, columns)
        y, x = r * (k + padding), c * (k + padding)
        image[y : y + k, x : x + k] = filters[i].permute(1, 2, 0)
    return image
