"""What lesson 9's tasks share: vectors of length 1 and their cosines, in double precision."""

from __future__ import annotations

import numpy as np

# How far two cosines must be apart where their order matters: far above what rounding can do.
CLEAR = 1e-3


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Each row divided by its length; a zero row stays zero."""
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Cosine similarity of every row of ``left`` with every row of ``right``."""
    return unit_rows(left) @ unit_rows(right).T
