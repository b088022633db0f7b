"""What lesson 2's functions should return: NumPy for the scaling and the cosines, reshaping for the tiles."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def scaled(weight: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Scaled to [0, 1], with one minimum and maximum over the axes; zeros where the two are equal."""
    array = weight.double().numpy()
    low, high = array.min(axis=axes, keepdims=True), array.max(axis=axes, keepdims=True)
    width = np.where(high > low, high - low, 1.0)
    return torch.from_numpy((array - low) / width).float()


def tiled(filters: Tensor, columns: int, padding: int, white: float = 1.0) -> Tensor:
    """By reshaping: each tile gets its space on the right and below, and the last space is cut off again."""
    side, rows = filters.shape[-1], -(-len(filters) // columns)
    tiles = F.pad(filters, (0, padding, 0, padding), value=white)
    cell = side + padding
    missing = tiles.new_full((rows * columns - len(filters), 3, cell, cell), white)
    grid = torch.cat([tiles, missing]).view(rows, columns, 3, cell, cell)
    picture = grid.permute(0, 3, 1, 4, 2).reshape(rows * cell, columns * cell, 3)
    return picture[: rows * cell - padding, : columns * cell - padding].contiguous()


def cosines(weight: Tensor) -> np.ndarray:
    """Cosine similarities [N, N] in double precision; NaN where a filter is all zeros."""
    rows = weight.flatten(1).double().numpy()
    lengths = np.sqrt((rows**2).sum(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (rows @ rows.T) / lengths[:, None] / lengths[None, :]


def pairs(values: np.ndarray, threshold: float) -> list[tuple[int, int]]:
    """Pairs (i, j) with i < j whose value reaches the threshold, in order."""
    count = len(values)
    return [(i, j) for i in range(count) for j in range(i + 1, count) if values[i, j] >= threshold]
