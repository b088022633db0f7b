# misconception: last_row_missing
import torch


def tile_filters(filters, columns=8, padding=1):
    n, _, k, _ = filters.shape
    rows = max(1, n // columns)
    image = torch.ones(rows * (k + padding) - padding, columns * (k + padding) - padding, 3)
    for i in range(min(n, rows * columns)):
        y, x = i // columns * (k + padding), i % columns * (k + padding)
        image[y : y + k, x : x + k] = filters[i].permute(1, 2, 0)
    return image
