"""`energy_inside`: the share of a heatmap inside a mask, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    for name, height, width, scale in (
        ("a heatmap of 9×14", 9, 14, 1.0),
        ("a square heatmap", 12, 12, 1.0),
        ("a heatmap that was not scaled to [0, 1]", 7, 10, 40.0),
        ("a faint heatmap, all values below 0.01", 8, 5, 0.01),
    ):
        yield first_telling(
            lambda n, name=name, size=(height, width), scale=scale: _energy_item(draw, name, n, size, scale)
        )
    heatmap, mask = draw.uniform("edge heat", 6, 8), draw.uniform("edge mask", 6, 8) < 0.4
    mask[0, 0], mask[5, 7] = True, False
    empty = Misconception(
        "zero_by_zero",
        "0 divided by 0 gives NaN. A heatmap of zeros has no energy inside: 0.0.",
        float("nan"),
    )
    yield Item(
        "a heatmap of zeros: 0.0, no NaN",
        [torch.zeros(6, 8), mask],
        expected=0.0,
        misconceptions=[empty],
        next_step="Look at the heatmap's sum before you divide by it.",
        edge=True,
    )
    yield Item("an empty mask: nothing is inside", [heatmap, torch.zeros_like(mask)], expected=0.0, edge=True)
    yield Item(
        "a mask of the whole picture: all is inside",
        [heatmap, torch.ones_like(mask)],
        expected=1.0,
        edge=True,
    )


def _energy_item(draw: Draw, name: str, number: int, size: tuple[int, int], scale: float) -> Item | None:
    heatmap = (draw.uniform(f"{name} heat {number}", *size) ** 2 * scale).float()
    heatmap[draw.uniform(f"{name} zeros {number}", *size) < 0.2] = 0.0
    mask = draw.uniform(f"{name} mask {number}", *size) < 0.35
    if not mask.any() or mask.all():
        return None
    values, inside = heatmap.double().numpy(), mask.numpy()
    share = float(np.sum(values * inside) / np.sum(values))
    return Item(
        name,
        [heatmap, mask],
        expected=share,
        misconceptions=energy_mistakes(values, inside),
        next_step="The sum of the heatmap where the mask is True, divided by the sum of the whole heatmap.",
    )


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
