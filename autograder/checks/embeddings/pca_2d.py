"""`pca_2d`: coordinates by NumPy's singular values, whatever their signs, and the points that known mistakes give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from course_utils.comparison import Misconception, as_tensor, compare


def items(draw: Draw) -> Iterator[Item]:
    for name, rows, columns, offset in (
        ("many rows in few dimensions", 24, 5, 2.0),
        ("more dimensions than rows", 7, 40, -1.0),
        ("rows far away from zero", 12, 6, 30.0),
        ("two dimensions: the rows are turned", 9, 2, 1.0),
        ("three rows", 3, 8, 0.5),
    ):
        yield _pca_item(name, _cloud(draw, name, rows, columns, offset))
    # Both columns are known up to their sign as soon as the first is: it counts beside the others.
    name = "rows that lie on one line"
    steps = draw.normal(name, 8, 1)
    line = steps * draw.normal(f"{name} direction", 1, 6) + draw.normal(f"{name} mean", 1, 6)
    yield _pca_item(name, line, edge=True)


def principal_coordinates(rows: Tensor) -> np.ndarray:
    """PCA after Pearson 1901 by the covariance matrix: its two leading eigenvectors, and the centred rows on them."""
    centred = rows.double().numpy()
    centred = centred - centred.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    return centred @ vectors[:, ::-1][:, :2]


def _cloud(draw: Draw, name: str, rows: int, columns: int, offset: float) -> Tensor:
    """Rows with two clearly strongest directions that are no axes, and columns of different spread."""
    for attempt in range(200):
        scales = torch.tensor([3.0, 1.6] + [0.4] * (columns - 2))
        turn = torch.linalg.qr(draw.normal(f"{name} turn {attempt}", columns, columns)).Q
        cloud = (draw.normal(f"{name} rows {attempt}", rows, columns) * scales) @ turn
        cloud = cloud * (0.7 + draw.uniform(f"{name} spread {attempt}", columns)) + offset * (
            1 + draw.uniform(f"{name} mean {attempt}", columns)
        )
        strength = np.linalg.svd((cloud - cloud.mean(0)).double().numpy(), compute_uv=False)
        weakest = strength[2] if len(strength) > 2 else 0.0
        if strength[0] > 1.3 * strength[1] and strength[1] > 1.3 * weakest and strength[1] > 0.5:
            return cloud.contiguous()
    raise AssertionError(f"no clear cloud was found for {name}")


def _pca_item(name: str, rows: Tensor, *, edge: bool = False) -> Item:
    right = torch.from_numpy(principal_coordinates(rows).copy()).float()
    mistakes = [] if edge else pca_mistakes(rows, right)
    return Item(
        name,
        [rows],
        judge=sign_free(right, mistakes),
        next_step="Subtract each column's mean, find the two directions of largest variance, project on them.",
        edge=edge,
    )


def sign_free(right: Tensor, mistakes: list[Misconception]) -> Callable[[Any], str | Misconception | None]:
    """A judge that compares with ``right [N, 2]`` and with the mistakes, each column up to its sign."""

    def judge(value: Any) -> str | Misconception | None:
        difference = compare(_turned(value, right), right)
        if difference is None:
            return None
        for mistake in mistakes:
            if mistake.value is None:
                if compare(value, right, [mistake]).misconception == mistake.name:
                    return mistake
            elif compare(_turned(value, mistake.value), mistake.value) is None:
                return mistake
        return f"{difference.message} Each column's sign is free and was not looked at."

    return judge


def _turned(value: Any, like: Tensor) -> Any:
    """The value with each column's sign turned to fit ``like``; as it is where its form differs."""
    got = as_tensor(value, floating=True)
    if got is None or got.shape != like.shape:
        return value
    got = got.to(torch.float64)
    return torch.where((got * like).sum(0) < 0, -got, got)


def pca_mistakes(rows: Tensor, right: Tensor) -> list[Misconception]:
    """Values are known up to the sign of each column."""
    x = rows.double().numpy()
    mean, spread = x.mean(0), x.std(0)
    centred = x - mean
    directions = np.linalg.svd(centred, full_matrices=False)[2]
    raw = np.linalg.svd(x, full_matrices=False)[2]
    standard = centred / spread
    of_standard = np.linalg.svd(standard, full_matrices=False)[2]
    by_row = x - x.mean(1, keepdims=True)
    of_rows = np.linalg.svd(by_row, full_matrices=False)[2]
    both = centred @ directions[:2].T
    values = [
        (
            "smallest_first",
            "The columns have changed places. The direction with the larger variance comes first.",
            both[:, ::-1],
        ),
        (
            "not_centred",
            "The mean was never subtracted, so the first direction points to the mean. Centre each column first.",
            x @ raw[:2].T,
        ),
        (
            "not_centred",
            "The directions are right, and the rows were projected before the mean was subtracted.",
            x @ directions[:2].T,
        ),
        (
            "not_centred",
            "The directions come from rows that were not centred. Subtract the mean of each column first.",
            centred @ raw[:2].T,
        ),
        (
            "whitened",
            "Both columns have the same spread. Keep it: the singular values belong to the projection.",
            both / np.sqrt((both**2).sum(0)),
        ),
        ("whitened", "Both columns have the same spread. Project, and do not rescale.", both / both.std(0)),
        (
            "whitened",
            "Both columns have the same spread. Project, and do not rescale.",
            both / both.std(0, ddof=1),
        ),
        (
            "standardised",
            "Each column was divided by its standard deviation first. Here it is only centred.",
            standard @ of_standard[:2].T,
        ),
        (
            "centred_by_row",
            "The mean of each row was subtracted. Take the mean over the rows, one for each column.",
            by_row @ of_rows[:2].T,
        ),
        (
            "weakest_directions",
            "These are the weakest directions. `eigh` sorts from small to large: take the last two.",
            centred @ np.linalg.eigh(centred.T @ centred)[1][:, :2],
        ),
        (
            "directions_by_row",
            "The directions were taken from the wrong side of the matrix. `svd` gives them as the rows of its third result.",
            centred @ directions[:, :2] if directions.shape[0] == directions.shape[1] else both,
        ),
        (
            "first_columns",
            "These are two of the columns, centred. Find the directions of largest variance, which are no axes.",
            centred[:, :2],
        ),
        (
            "scaled",
            "The coordinates were scaled. Return the projections as they are.",
            both / np.abs(both).max(),
        ),
    ]
    expected = right.double().numpy()
    found = [
        Misconception(name, message, torch.from_numpy(np.array(value)).float())
        for name, message, value in values
        if not _same_up_to_signs(value, expected)
    ]
    count, width = x.shape
    return [
        Misconception(
            "transposed",
            "The shape is turned round: each picture is a row, [N, 2].",
            when=lambda got: count != 2 and tuple(got.shape) == (2, count),
        ),
        Misconception(
            "directions_returned",
            "These are the directions. Project the centred rows on them: two numbers for each picture.",
            when=lambda got: width != count and tuple(got.shape) in ((width, 2), (2, width)),
        ),
        *found,
    ]


def _same_up_to_signs(value: np.ndarray, expected: np.ndarray) -> bool:
    sign = np.where((value * expected).sum(0) < 0, -1.0, 1.0)
    return np.allclose(value * sign, expected, rtol=5e-3, atol=1e-3 * np.abs(expected).max())
