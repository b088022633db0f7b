import torch
from torchvision.utils import make_grid


def tile_filters(filters, columns=8, padding=1):
    missing = -len(filters) % columns
    white = torch.ones(missing, *filters.shape[1:])
    cells = torch.cat([filters, white])
    if len(cells) == 1:
        return cells[0].permute(1, 2, 0)
    grid = make_grid(cells, nrow=columns, padding=padding, pad_value=1.0)
    grid = grid[:, padding : grid.shape[1] - padding, padding : grid.shape[2] - padding]
    return grid.permute(1, 2, 0).contiguous()
