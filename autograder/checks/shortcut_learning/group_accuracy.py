"""`group_accuracy`: the share of right answers by label and group, NaN where there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    for name, count in (("61 pictures", 61), ("another number of pictures: 38", 38), ("240 pictures", 240)):
        yield first_telling(lambda n, name=name, count=count: _group_item(draw, name, n, count))
    for label, group in ((0, 1), (1, 0)):
        name = f"no picture of label {label} in group {group}: NaN there, and only there"
        yield first_telling(lambda n, name=name, gap=(label, group): _group_item(draw, name, n, 47, gap))
    yield _one_label_only(draw)


def _group_item(
    draw: Draw, name: str, number: int, count: int, gap: tuple[int, int] | None = None
) -> Item | None:
    labels = draw.integers(f"{name} labels {number}", 0, 2, count)
    # Correlated with the label, as in the lesson, so that the cells differ in size.
    groups = torch.where(draw.uniform(f"{name} groups {number}", count) < 0.7, labels, 1 - labels)
    if gap:
        groups[(labels == gap[0]) & (groups == gap[1])] = 1 - gap[1]
    right = draw.uniform(f"{name} right {number}", 2, 2)[labels, groups]
    predictions = torch.where(draw.uniform(f"{name} predictions {number}", count) < right, labels, 1 - labels)
    expected = accuracy_by_cell(predictions, labels, groups)
    known = expected[~expected.isnan()]
    if (
        len(known) < (3 if gap else 4)
        or len(known.unique()) < len(known)
        or known.min() == 0
        or known.max() == 1
    ):
        return None
    return Item(
        name,
        [predictions, labels, groups],
        expected=expected,
        misconceptions=group_mistakes(predictions.numpy(), labels.numpy(), groups.numpy(), expected),
        next_step="For each label (row) and group (column): the share of that cell's pictures that are right.",
    )


def _one_label_only(draw: Draw) -> Item:
    """Two cells are empty; the others still hold a share that no constant gives."""
    predictions = draw.integers("one label", 0, 2, 19)
    predictions[:3], groups = torch.tensor([1, 0, 0]), torch.arange(19) % 2
    labels = torch.ones(19, dtype=torch.long)
    expected = accuracy_by_cell(predictions, labels, groups)
    return Item(
        "waterbirds alone: the whole row of landbirds is NaN",
        [predictions, labels, groups],
        expected=expected,
        misconceptions=group_mistakes(predictions.numpy(), labels.numpy(), groups.numpy(), expected),
        next_step="A group without a picture has no accuracy: NaN.",
    )


def accuracy_by_cell(predictions: Tensor, labels: Tensor, groups: Tensor) -> Tensor:
    """[2, 2] by counting one picture after the other."""
    seen, right = Counter(), Counter()
    for prediction, label, group in zip(predictions.tolist(), labels.tolist(), groups.tolist(), strict=True):
        seen[label, group] += 1
        right[label, group] += prediction == label
    cells = [(label, group) for label in (0, 1) for group in (0, 1)]
    shares = [right[cell] / seen[cell] if seen[cell] else float("nan") for cell in cells]
    return torch.tensor(shares).view(2, 2)


def group_mistakes(
    predictions: np.ndarray, labels: np.ndarray, groups: np.ndarray, expected: Tensor
) -> list[Misconception]:
    """Mistakes of ``group_accuracy``; with every cell filled, those with empty cells do not show and are left out."""
    right = predictions == labels

    def table(value: np.ndarray, rows: np.ndarray = labels) -> Tensor:
        cells = [value[(rows == row) & (groups == column)] for row in (0, 1) for column in (0, 1)]
        return torch.tensor([cell.mean() if len(cell) else np.nan for cell in cells]).float().view(2, 2)

    counts = torch.tensor(
        [[float((right & (labels == row) & (groups == column)).sum()) for column in (0, 1)] for row in (0, 1)]
    )
    gaps = expected.isnan()
    mistakes = []
    for name, message, value in (
        (
            "transposed",
            "Rows and columns are swapped: the row is the label, the column is the group.",
            expected.T.contiguous(),
        ),
        (
            "share_of_all",
            "The right answers were divided by the number of all pictures. Divide by the cell's own number.",
            counts / len(labels),
        ),
        (
            "share_of_label",
            "The right answers were divided by all pictures of the label. Divide by the cell's own number.",
            counts / torch.tensor([[max((labels == row).sum(), 1)] for row in (0, 1)]),
        ),
        (
            "share_of_group",
            "The right answers were divided by all pictures of the group. Divide by the cell's own number.",
            counts / torch.tensor([[max((groups == column).sum(), 1) for column in (0, 1)]]),
        ),
        (
            "counts",
            "These are numbers of right answers. Divide each by the cell's number of pictures.",
            counts,
        ),
        (
            "error_rate",
            "These are shares of wrong answers. Accuracy is the share of right ones.",
            table(~right),
        ),
        (
            "share_of_ones",
            "This is how often the answer was 1. Ask how often the answer equals the label.",
            table(predictions.astype(float)),
        ),
        (
            "rows_by_prediction",
            "The rows go by what the model answered. The row is the true label.",
            table(right, predictions),
        ),
        (
            "percent",
            "These are percentages. Return shares between 0 and 1.",
            expected * 100,
        ),
    ):
        mistakes.append(Misconception(name, message, value))
    if bool(gaps.any()):
        for name, word, fill in (
            ("zero_for_no_example", "always wrong", 0.0),
            ("one_for_no_example", "always right", 1.0),
        ):
            text = (
                f"A group without a picture got {fill:.0f}, which would say: {word}. It has no accuracy: NaN."
            )
            mistakes.insert(0, Misconception(name, text, expected.nan_to_num(nan=fill)))
    mistakes.append(
        Misconception(
            "not_two_by_two",
            "Four numbers came back in another shape. Return [2, 2]: a row a label, a column a group.",
            when=lambda got: got.numel() == 4 and tuple(got.shape) != (2, 2),
        )
    )
    return mistakes
