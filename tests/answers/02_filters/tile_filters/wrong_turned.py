# misconception: tiles_turned
import math

import torch


def tile_filters(filters, columns=8, padding=1):
    n, _, k, _ = filters.shape
    rows = math.ceil(n / columns)
    image = torch.ones(rows * (k + padding) - padding, columns * (k + padding) - padding, 3)
    for i in range(n):
        y, x = i // columns * (k + padding), i % columns * (k + padding)
        image[y : y + k, x : x + k] = filters[i].mT.permute(1, 2, 0)
    return image
