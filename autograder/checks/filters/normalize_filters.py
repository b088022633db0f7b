"""`normalize_filters`: items by NumPy, and the values that known mistakes give."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.checks.draw import Draw
from autograder.checks.items import Item
from course_utils.comparison import Misconception

from .shared import scaled


def items(draw: Draw) -> Iterator[Item]:
    for name, shape, scale, shift in (
        ("filters of 3×7×7", (5, 3, 7, 7), 0.1, 0.0),
        ("another number of channels, filters of different strength", (4, 2, 3, 3), 5.0, 1.0),
        ("a single filter", (1, 3, 5, 5), 1.0, -0.3),
        ("filters whose weights are all negative", (3, 4, 2, 2), 0.2, -4.0),
    ):
        strength = 1 + torch.arange(shape[0]).view(-1, 1, 1, 1)
        weight = draw.normal(name, *shape) * scale * strength + shift
        yield _normalize_item(name, weight)
    weight = draw.normal("with a constant", 4, 3, 3, 3)
    weight[1], weight[3] = float(draw.uniform("constant", 1)) + 0.5, 0.0
    yield _normalize_item("a constant filter and a dead one among others", weight)
    yield Item(
        "all filters constant",
        [torch.full((2, 3, 2, 2), -1.5)],
        expected=torch.zeros(2, 3, 2, 2),
        misconceptions=[NAN],
        edge=True,
    )


def _normalize_item(name: str, weight: Tensor) -> Item:
    right = scaled(weight, (1, 2, 3))
    return Item(
        name,
        [weight],
        expected=right,
        misconceptions=normalize_mistakes(weight, right),
        next_step="For each filter by itself: subtract its smallest weight, divide by its range.",
    )


NAN = Misconception(
    "zero_by_zero",
    "0 divided by 0 gives NaN. A filter whose weights are all equal becomes zeros.",
    when=lambda got: bool(got.isnan().any()),
)


def normalize_mistakes(weight: Tensor, right: Tensor) -> list[Misconception]:
    """Mistakes of ``normalize_filters``, less those that give the right answer on this weight."""
    top = weight.amax((1, 2, 3), keepdim=True)
    size = weight.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    low = weight.amin((1, 2, 3), keepdim=True)
    constant = (top == low).expand_as(weight)
    mistakes = [
        (
            "one_scale_for_all",
            "One minimum and maximum was used for all filters together. Each filter has its own.",
            scaled(weight, (0, 1, 2, 3)),
        ),
        (
            "each_channel_by_itself",
            "Each channel was scaled by itself, which changes the colours. One range for the whole filter.",
            scaled(weight, (2, 3)),
        ),
        (
            "scaled_across_the_filters",
            "The range was taken over the filters. Take it within each filter: over channels, rows, columns.",
            scaled(weight, (0,)),
        ),
        (
            "minimum_not_subtracted",
            "The weights were divided by their largest magnitude. Subtract the minimum, divide by the range.",
            weight / size,
        ),
        (
            "divided_by_the_maximum",
            "The minimum is subtracted. Divide by the range, maximum minus minimum.",
            (weight - low) / top,
        ),
        ("range_missing", "The minimum is subtracted. Divide by the range as well.", weight - low),
        ("negatives_cut_off", "Negative weights became 0. They count too.", weight.relu() / size),
        ("absolute_values", "The sign of the weights got lost.", weight.abs() / size),
        ("zero_in_the_middle", "0 became 0.5. Scale by each filter's own range.", weight / size / 2 + 0.5),
        ("constant_not_zero", "A filter whose weights are all equal should become zeros.", right + constant),
        (
            "constant_not_zero",
            "A filter whose weights are all equal should become zeros.",
            right + constant * 0.5,
        ),
        (
            "constant_not_zero",
            "A filter whose weights are all equal should become zeros; these kept their value.",
            torch.where(constant, weight, right),
        ),
        ("upside_down", "The largest weight became 0. It should become 1.", 1 - right),
    ]
    return [
        *(Misconception(n, m, v) for n, m, v in mistakes if not torch.allclose(v, right, atol=1e-3)),
        NAN,
    ]
