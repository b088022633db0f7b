# misconception: empty_place_not_white
import math

import torch


def tile_filters(filters, columns=8, padding=1):
    n, _, k, _ = filters.shape
    rows = math.ceil(n / columns)
    filters = torch.cat([filters, torch.zeros(rows * columns - n, 3, k, k)])
    image = torch.ones(rows * (k + padding) - padding, columns * (k + padding) - padding, 3)
    for i, tile in enumerate(filters):
        y, x = i // columns * (k + padding), i % columns * (k + padding)
        image[y : y + k, x : x + k] = tile.permute(1, 2, 0)
    return image
