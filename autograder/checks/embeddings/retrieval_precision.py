"""`retrieval_precision`: the share of equal labels among the nearest, and what known mistakes count."""

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
    for name, rows, columns, classes, k, twins in (
        ("three labels, k=3", 18, 6, (0, 1, 2), 3, False),
        ("labels that are any integers, k=5", 23, 4, (7, 3, 40, 12), 5, False),
        ("k=1", 21, 5, (0, 1), 1, False),
        ("exact twins with different labels, k=2", 16, 5, (0, 1, 5), 2, True),
        ("exact twins with different labels, k=1", 19, 4, (2, 4), 1, True),
        ("a label that only one item has, k=4", 13, 7, (0, 1, 9), 4, False),
    ):
        yield first_telling(
            lambda n, name=name, rows=rows, columns=columns, classes=classes, k=k, twins=twins: (
                _retrieval_item(draw, name, n, (rows, columns), classes, k, twins)
            ),
        )
    rows = torch.eye(6).repeat_interleave(3, 0) + 0.05 * draw.uniform("pure", 18, 6)
    labels = torch.arange(6).repeat_interleave(3)
    yield Item("every neighbour has the same label: 1", [rows, labels, 2], expected=1.0, edge=True)
    yield Item("no label twice: 0", [rows, torch.arange(18), 2], expected=0.0, edge=True)


def precision_by_sorting(similar: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Mean share of same-label items among the k most similar others, item by item."""
    shares = []
    for item in range(len(labels)):
        others = [other for other in range(len(labels)) if other != item]
        nearest = sorted(others, key=lambda other: -similar[item, other])[:k]
        shares.append(np.mean(labels[nearest] == labels[item]))
    return float(np.mean(shares))


def _retrieval_item(
    draw: Draw, name: str, number: int, shape: tuple[int, int], classes: tuple[int, ...], k: int, twins: bool
) -> Item | None:
    for attempt in range(100):
        embeddings, labels = _labelled(
            draw, f"{name} {number} {attempt}", shape, classes, twins, "only one" in name
        )
        exact = embeddings.double().numpy()
        similar = cosines(exact, exact)
        if _clear_cut(similar, labels.numpy(), k):
            break
    else:
        return None
    return Item(
        name,
        [embeddings, labels, k],
        expected=precision_by_sorting(similar, labels.numpy(), k),
        misconceptions=retrieval_mistakes(embeddings, labels, similar, k),
        next_step="For each item: the k others with the largest cosine, the share with its label; then the mean.",
    )


def _labelled(
    draw: Draw, purpose: str, shape: tuple[int, int], classes: tuple[int, ...], twins: bool, lonely: bool
) -> tuple[Tensor, Tensor]:
    """Rows of different length around one centre a label, three pairs of twins and a label with one item where asked."""
    rows, columns = shape
    kinds = draw.integers(f"{purpose} kinds", 0, len(classes) - lonely, rows)
    if lonely:
        kinds[0] = len(classes) - 1
    pairs = ((0, 1), (5, 3), (7, 10)) if twins else ()
    for one, other in pairs:
        kinds[other] = (kinds[one] + 1) % len(classes)
    centres = draw.normal(f"{purpose} centres", len(classes), columns)
    lengths = 0.2 + 3 * draw.uniform(f"{purpose} lengths", rows, 1)
    embeddings = lengths * (centres[kinds] + 0.9 * draw.normal(f"{purpose} rows", rows, columns) + 0.3)
    for one, other in pairs:
        embeddings[other] = embeddings[one]
    return embeddings, torch.tensor(classes)[kinds]


def _clear_cut(similar: np.ndarray, labels: np.ndarray, k: int) -> bool:
    """Whether for every item the k-th and the next of its neighbours are clearly apart: twins tie elsewhere alone."""
    others = np.where(np.eye(len(labels), dtype=bool), -np.inf, similar)
    ranked = -np.sort(-others, axis=1)
    return bool((ranked[:, k - 1] - ranked[:, k] > CLEAR).all())


def retrieval_mistakes(
    embeddings: Tensor, labels: Tensor, similar: np.ndarray, k: int
) -> list[Misconception]:
    """``similar``: the table of cosines in double precision."""
    rows, names = embeddings.double().numpy(), labels.numpy()
    count = len(names)
    itself = np.eye(count, dtype=bool)
    twins = (similar > 1 - 1e-6) & ~itself
    same = (names[:, None] == names[None]) & ~itself

    def shares(scores: np.ndarray, leave_out: np.ndarray, number: int = k) -> np.ndarray:
        ranked = np.argsort(-np.where(leave_out, -np.inf, scores), axis=1, kind="stable")[:, :number]
        return (names[ranked] == names[:, None]).mean(1)

    right = shares(similar, itself)
    # Rounded, so that an item and its exact twin tie, and the first of the two is dropped.
    by_rank = np.argsort(-similar.round(9), axis=1, kind="stable")[:, 1 : k + 1]
    hits = right * k
    distances = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(-1))
    each_label = [right[names == name].mean() for name in np.unique(names)]
    values = [
        (
            "itself_counted",
            "Every item found itself. Leave the item itself out of its own neighbours.",
            shares(similar, np.zeros_like(itself)).mean(),
        ),
        (
            "twin_left_out",
            "An exact twin counts as a neighbour. Leave the item out by its position, not by its similarity.",
            shares(similar, itself | twins).mean(),
        ),
        (
            "twin_left_out",
            "The first in rank was left out, and that may be an exact twin. Leave the item out by its position.",
            (names[by_rank] == names[:, None]).mean(),
        ),
        (
            "euclidean",
            "These neighbours are the closest by distance. Use cosine similarity.",
            shares(-distances, itself).mean(),
        ),
        (
            "dot_product",
            "These neighbours have the largest dot products. Divide each row by its length first.",
            shares(rows @ rows.T, itself).mean(),
        ),
        (
            "recall",
            "The share was taken of all items with that label. Take it of the k neighbours.",
            float((hits / np.maximum(same.sum(1), 1)).mean()),
        ),
        (
            "hit_rate",
            "This counts items with at least one right neighbour. Take the share of right ones among the k.",
            float((hits > 0).mean()),
        ),
        (
            "k_ignored",
            "This is the share for the one nearest neighbour. Look at k of them.",
            shares(similar, itself, 1).mean(),
        ),
        (
            "one_too_few",
            "This is the share among k - 1 neighbours: the item itself was given one of the k places.",
            shares(similar, itself, max(k - 1, 1)).mean(),
        ),
        (
            "averaged_by_label",
            "This is a mean over labels. Take the mean over the items.",
            float(np.mean(each_label)),
        ),
        ("percent", "This is a percentage. Return a share between 0 and 1.", 100 * right.mean()),
        ("not_averaged", "This is a sum over the items. Return the mean of their shares.", right.sum()),
    ]
    return [
        Misconception(name, message, float(value))
        for name, message, value in values
        # For k=1 these are the right answer.
        if not (k == 1 and name in ("k_ignored", "hit_rate"))
        # Of two places one is the item's own: then that is the same as looking at one neighbour.
        and not (k <= 2 and name == "one_too_few")
        and not (name == "twin_left_out" and not twins.any())
    ]
