"""`nearest_neighbours`: the nearest by cosine, and the rows that known mistakes name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception

from .shared import CLEAR, cosines


def items(draw: Draw) -> Iterator[Item]:
    for name, rows, columns, k in (
        ("rows of different length, k=3", 12, 5, 3),
        ("another size, k=5", 30, 16, 5),
        ("the whole gallery in order", 7, 4, 7),
        ("the query lies in the gallery and is not left out, k=4", 15, 9, 4),
    ):
        yield first_telling(
            lambda n, name=name, rows=rows, columns=columns, k=k: _neighbours_item(
                draw, name, n, rows, columns, k
            ),
            # Where the whole gallery is asked for, nothing can be left out.
            ("best_left_out", "worst_matches") if k == rows else (),
        )
    # One number below ten can be guessed: it counts beside the others.
    yield first_telling(
        lambda n: _neighbours_item(draw, "k=1", n, 10, 6, 1, edge=True), ("best_left_out", "worst_matches")
    )


def _neighbours_item(
    draw: Draw, name: str, number: int, rows: int, columns: int, k: int, *, edge: bool = False
) -> Item | None:
    purpose = f"{name} {number}"
    # A common shift makes most cosines positive, as those of features after a ReLU are.
    query = 2 * (draw.normal(f"{purpose} query", columns) + 0.4)
    lengths = 0.2 + 3 * draw.uniform(f"{purpose} lengths", rows, 1)
    gallery = lengths * (draw.normal(f"{purpose} gallery", rows, columns) + 0.4)
    gallery[draw.integer(f"{purpose} opposite", 0, rows)] = -1.1 * query + 0.3 * gallery[0]
    if "lies in the gallery" in name:
        gallery[draw.integer(f"{purpose} place", 0, rows)] = query
    similar = cosines(query.double().numpy()[None], gallery.double().numpy())[0]
    order = np.argsort(-similar)
    if np.diff(-similar[order]).min() < CLEAR:
        return None
    return Item(
        name,
        [query, gallery, k],
        expected=torch.from_numpy(order[:k].copy()),
        misconceptions=neighbour_mistakes(query, gallery, order, k),
        next_step="Divide query and rows by their lengths; the k largest dot products come first to last.",
        edge=edge,
    )


def neighbour_mistakes(query: Tensor, gallery: Tensor, order: np.ndarray, k: int) -> list[Misconception]:
    """``order``: the whole gallery, best first."""
    q, rows = query.double().numpy(), gallery.double().numpy()
    dots = rows @ q
    lengths = np.sqrt((rows**2).sum(1))
    right = order[:k]
    wrapped = [*order[1:], order[0]]
    values = [
        (
            "dot_product",
            "These are the largest dot products, which grow with a row's length. Divide by the lengths first.",
            np.argsort(-dots)[:k],
        ),
        (
            "euclidean",
            "These are the smallest distances. Cosine similarity compares directions.",
            np.argsort(((rows - q) ** 2).sum(1))[:k],
        ),
        (
            "absolute_cosine",
            "A row that points the opposite way was taken as similar. Keep the sign of the cosine.",
            np.argsort(-np.abs(dots / lengths))[:k],
        ),
        (
            "best_left_out",
            "The best match was left out. Nothing is to be skipped, also where the query is in the gallery.",
            np.array(wrapped[:k]),
        ),
        ("best_last", "These are the right rows in reverse. The best match comes first.", right[::-1]),
        (
            "worst_matches",
            "These are the least similar rows. A larger cosine means more similar.",
            order[::-1][:k],
        ),
        (
            "sorted_by_position",
            "These are the right rows, by their position. Sort by similarity, the best first.",
            np.sort(right),
        ),
        ("counted_from_one", "The first row of the gallery has the index 0.", right + 1),
        (
            "centred_first",
            "The mean was subtracted first, which is a correlation. Take the plain cosine.",
            np.argsort(-_correlation(q, rows))[:k],
        ),
    ]
    found = [
        Misconception(name, message, torch.from_numpy(np.array(value)))
        for name, message, value in values
        # For k=1, or by chance, a mistake may give the right rows.
        if not np.array_equal(value, right)
    ]
    return [
        Misconception(
            "values_returned",
            "These are the similarities. Return the rows' positions: `topk` gives values and indices.",
            when=lambda got: torch.as_tensor(got).is_floating_point(),
        ),
        Misconception(
            "k_ignored",
            "The number of positions is not k.",
            when=lambda got: torch.as_tensor(got).ndim == 1 and len(got) != k,
        ),
        *found,
    ]


def _correlation(query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    q, centred = query - query.mean(), rows - rows.mean(1, keepdims=True)
    return centred @ q / np.sqrt((centred**2).sum(1))
