"""What goes wrong with lesson 7's four measures, and how each mistake is recognised."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from course_utils.comparison import Misconception

from .draw import Model


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


def energy_mistakes(heatmap: np.ndarray, mask: np.ndarray) -> list[Misconception]:
    """Mistakes of ``energy_inside``."""
    inside, total, area = float(heatmap[mask].sum()), float(heatmap.sum()), float(mask.mean())
    share = inside / total
    mistakes = [
        Misconception(
            "sum_inside", "This is the sum inside. Divide it by the sum of the whole heatmap.", inside
        ),
        Misconception(
            "mean_inside",
            "This is the mean inside. The share is the sum inside, divided by the sum of all.",
            inside / float(mask.sum()),
        ),
        Misconception(
            "mean_over_all",
            "The sum inside was divided by the number of pixels. Divide it by the heatmap's sum.",
            inside / heatmap.size,
        ),
        Misconception("outside", "This is the share outside the mask.", 1 - share),
        Misconception(
            "inside_to_outside",
            "The energy inside was divided by the energy outside. Divide it by all of it.",
            inside / (total - inside),
        ),
        Misconception(
            "area_share", "This is the mask's share of the area. Weigh each pixel by its heat.", area
        ),
        Misconception(
            "over_area", "The share was divided by the area share. Return the share alone.", share / area
        ),
        Misconception("percent", "This is in percent. Return a share between 0 and 1.", 100 * share),
        Misconception(
            "divided_by_maximum",
            "The sum inside was divided by the heatmap's maximum. Divide it by the heatmap's sum.",
            inside / float(heatmap.max()),
        ),
        Misconception(
            "thresholded",
            "The heatmap was turned into hot and cold first. Each pixel counts with its own value.",
            float((mask & (heatmap > heatmap.max() / 2)).sum() / max((heatmap > heatmap.max() / 2).sum(), 1)),
        ),
    ]
    if heatmap.shape[0] == heatmap.shape[1]:
        flipped = float(heatmap[mask.T].sum()) / total
        mistakes.append(Misconception("transposed", "The mask's rows and columns are swapped.", flipped))
    return mistakes


def flip_mistakes(
    model: Model, originals: Tensor, twins: Tensor, before: Tensor, after: Tensor
) -> list[Misconception]:
    """Mistakes of ``flip_rate``; before and after are the right logits."""
    count = len(before)
    flips = before.argmax(1) != after.argmax(1)
    rate = float(flips.double().mean())
    mistakes = [
        Misconception(
            "share_kept", "This is the share of answers that stay. Count those that change.", 1 - rate
        ),
        Misconception(
            "number_of_flips", "This is the number of flips. Divide by the number of pairs.", rate * count
        ),
        Misconception(
            "scores_compared",
            "Every pair counts as a flip: scores nearly always differ. Compare the predicted classes.",
            1.0,
        ),
        Misconception(
            "one_for_the_batch",
            "The whole batch gave one answer. Take the predicted class of each picture: `argmax(dim=1)`.",
            0.0,
        ),
        Misconception("percent", "This is in percent. Return a share between 0 and 1.", 100 * rate),
        Misconception(
            "divided_by_values",
            "The flips were divided by pairs times classes. Divide by the number of pairs.",
            rate / before.shape[1],
        ),
        Misconception(
            "mean_class_change",
            "The class numbers were subtracted. A flip counts 1, whichever two classes they are.",
            float((before.argmax(1) - after.argmax(1)).abs().double().mean()),
        ),
    ]
    arrives = model.fresh()
    if any(module.training for module in arrives.modules()):
        text = (
            "The answers are those of the mode that the model arrived in: BatchNorm used the batch's own statistics, "
            "or dropout was at work. Set eval mode during the call."
        )
        if not any("Dropout" in type(module).__name__ and module.training for module in arrives.modules()):
            with torch.no_grad():
                in_train = [arrives(batch).argmax(1) for batch in (originals, twins)]
            value = float((in_train[0] != in_train[1]).double().mean())
            mistakes.insert(0, Misconception("train_mode", text, value))
        # Dropout gives another rate each time: any share that no other mistake explains.
        mistakes.append(Misconception("train_mode", text, when=lambda got: 0 <= float(got) <= 1))
    return mistakes


def weight_mistakes(labels: np.ndarray, groups: np.ndarray, expected: Tensor) -> list[Misconception]:
    """Mistakes of ``balanced_weights``."""
    count = len(labels)

    def by(*keys: np.ndarray) -> np.ndarray:
        """For each picture, how many share its value of all keys."""
        rows = list(zip(*(key.tolist() for key in keys), strict=True))
        return np.array([rows.count(row) for row in rows], dtype=float)

    def scaled(weights: np.ndarray) -> Tensor:
        return torch.tensor(weights / weights.sum()).float()

    cells = by(labels, groups)
    number = len(set(zip(labels.tolist(), groups.tolist(), strict=True)))
    confused = "Two different cells were taken for one. Keep label and group apart when you count."
    mistakes = [
        Misconception(
            "not_normalised",
            "Each cell has the same total, but all weights together do not sum to 1.",
            torch.tensor(1 / cells).float(),
        ),
        Misconception(
            "not_normalised",
            "Each cell has the same total, but all weights together do not sum to 1.",
            torch.tensor(count / (number * cells)).float(),
        ),
        Misconception(
            "all_alike",
            "Every picture has the same weight, so large cells count more.",
            scaled(np.ones(count)),
        ),
        Misconception(
            "labels_only",
            "The labels are balanced, the groups are not. A cell is a label together with a group.",
            scaled(1 / by(labels)),
        ),
        Misconception(
            "groups_only",
            "The groups are balanced, the labels are not. A cell is a label together with a group.",
            scaled(1 / by(groups)),
        ),
        Misconception(
            "product_of_both",
            "Labels and groups were balanced one after the other. Count the pictures of each cell, label and group "
            "together.",
            scaled(1 / (by(labels) * by(groups))),
        ),
        Misconception(
            "by_frequency",
            "Large cells got large weights. It is the other way round: divide by the cell's size.",
            scaled(cells),
        ),
        Misconception(
            "matches_only",
            "Only two kinds of picture were told apart: label equal to group, or not. There are more cells.",
            scaled(1 / by(labels == groups)),
        ),
        Misconception("cells_confused", confused, scaled(1 / by(labels + groups))),
        Misconception("cells_confused", confused, scaled(1 / by(3 * labels + groups))),
        Misconception(
            "four_cells_assumed",
            "A share of the weight went to cells without pictures. Count the cells that there are.",
            torch.tensor(1 / (4 * cells)).float(),
        ),
        Misconception(
            "four_cells_assumed",
            "A share of the weight went to cells without pictures. Count the cells that there are.",
            torch.tensor(1 / (len(set(labels.tolist())) * len(set(groups.tolist())) * cells)).float(),
        ),
        Misconception(
            "cells_not_pictures",
            "One number for each cell came back. Return one weight for each picture, in their order.",
            when=lambda got: got.numel() != count,
        ),
    ]
    # Where a mistake changes nothing on this input (four full cells, say), it is no mistake here.
    return [m for m in mistakes if m.value is None or not torch.allclose(m.value, expected, rtol=0.02)]
