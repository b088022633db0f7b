"""What lesson 4's functions should return, by NumPy: channels in order, a map resized, channels that are dead, places."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def ranked(values: np.ndarray, count: int) -> Tensor:
    """Numbers of the largest values, largest first."""
    return torch.from_numpy(np.argsort(-values, kind="stable")[:count].copy())


def bilinear(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bilinear resampling with pixel centres at half-integers, each axis by its own weights; no antialiasing."""

    def weights(old: int, new: int) -> np.ndarray:
        place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        below = np.minimum(place.astype(int), max(old - 2, 0))
        share = place - below
        matrix = np.zeros((new, old))
        matrix[np.arange(new), below] += 1 - share
        matrix[np.arange(new), np.minimum(below + 1, old - 1)] += share
        return matrix

    return weights(values.shape[0], height) @ values @ weights(values.shape[1], width).T


def min_max(values: Tensor) -> Tensor:
    """Moved and scaled to [0, 1]; a constant map becomes zeros."""
    span = values.max() - values.min()
    return (values - values.min()) / span if span > 0 else torch.zeros_like(values)


def numbers(mask: np.ndarray) -> Tensor:
    """Numbers of the channels for which a mask holds."""
    return torch.from_numpy(np.flatnonzero(mask).copy())


def places(score: np.ndarray, swap: bool = False) -> list[tuple[int, int, int]]:
    """Each map's largest place as (image, row, column), the strongest first."""
    found = []
    for image, one in enumerate(score):
        row, column = np.unravel_index(int(one.argmax()), one.shape)
        found.append((float(one.max()), image, int(row), int(column)))
    found.sort(key=lambda place: -place[0])
    return [(image, column, row) if swap else (image, row, column) for _, image, row, column in found]
