"""What goes wrong with lesson 1's `receptive_field` and `activation_change`, and the value that each mistake gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.comparison import Misconception

from .draw import Layer
from .image_to_activations_mistakes import seen
from .image_to_activations_oracles import field, hidden, outputs

# --- receptive_field ----------------------------------------------------------------------------------------


def _walk(layers: list[tuple[int, int]], first: int = 1, early: bool = False, add: int = -1) -> int:
    size, step = first, 1
    for kernel, stride in layers:
        step *= stride if early else 1
        size += (kernel + add) * step
        step *= 1 if early else stride
    return size


MISTAKEN_FIELDS: list[tuple[str, str, Callable[[list[tuple[int, int]]], int]]] = [
    (
        "strides_ignored",
        "This counts the kernels alone. A stride makes every later step wider.",
        lambda s: 1 + sum(k - 1 for k, _ in s),
    ),
    (
        "stride_too_early",
        "A layer's own stride widens the steps of later layers, not its own.",
        lambda s: _walk(s, early=True),
    ),
    (
        "wrong_order",
        "The layers were taken from the output to the input. The list runs from input to output.",
        lambda s: _walk(s[::-1]),
    ),
    (
        "starts_at_zero",
        "One too few: before the first layer, a unit sees one pixel.",
        lambda s: _walk(s, first=0),
    ),
    ("kernel_not_reduced", "A layer adds k-1 steps, not k: its windows overlap.", lambda s: _walk(s, add=0)),
    ("sum_of_kernels", "This is the sum of the kernels.", lambda s: sum(k for k, _ in s)),
    (
        "only_the_last_stride",
        "Strides multiply: keep the product of all strides so far.",
        lambda s: 1 + sum((k - 1) * p for (k, _), p in zip(s, [1] + [t for _, t in s[:-1]], strict=True)),
    ),
    (
        "strides_added",
        "The strides were added. They multiply: after two strides of 2, neighbours lie 4 pixels apart.",
        lambda s: 1 + sum((k - 1) * max(1, sum(t for _, t in s[:i])) for i, (k, _) in enumerate(s)),
    ),
    (
        "product_of_strides",
        "This is the product of the strides: the distance between neighbours, not how far one sees.",
        lambda s: _product(t for _, t in s),
    ),
    ("last_layer_missing", "The last layer is missing.", lambda s: _walk(s[:-1])),
    ("first_layer_missing", "The first layer is missing.", lambda s: _walk(s[1:])),
]


def _product(numbers: Any) -> int:
    out = 1
    for number in numbers:
        out *= number
    return out


def field_mistakes(layers: list[tuple[int, int]]) -> list[Misconception]:
    """Mistakes of ``receptive_field``, less those that give the right answer on this stack."""
    found = [(name, text, value(layers)) for name, text, value in MISTAKEN_FIELDS]
    return [Misconception(name, text, value) for name, text, value in found if value != field(layers)]


# --- activation_change --------------------------------------------------------------------------------------


def change_mistakes(layer: Layer, x: Tensor, box: tuple[int, int, int, int]) -> list[Misconception]:
    """Mistakes of ``activation_change``."""
    before, after = outputs(layer, x, hidden(x, box))
    difference = (after - before)[0]
    right_answer = difference.abs().mean(0)
    tolerance = 1e-4 * float(right_answer.max())
    found = [
        Misconception(name, message, value)
        for name, message, value in _readings(before, after, difference)
        # Some mistakes cannot be seen everywhere: a ReLU's output is the same behind another ReLU.
        if not torch.allclose(value, right_answer, rtol=1e-3, atol=tolerance)
    ]
    for name, message, picture in _hidings(x, box):
        if not torch.equal(picture(), hidden(x, box)):
            found.append(
                seen(
                    name,
                    message,
                    lambda picture=picture: (outputs(layer, picture())[0] - before).abs().mean(1)[0],
                    tolerance,
                )
            )
    return [
        *found,
        Misconception(
            "channels_kept",
            "Each channel is still there. Take the mean over the channels.",
            when=lambda got: got.ndim > 2 and got.numel() == before.numel(),
        ),
        Misconception(
            "extra_axes",
            "There are axes of length 1 in front. Return a plain [h, w].",
            when=lambda got: got.ndim > 2 and got.numel() == right_answer.numel(),
        ),
        Misconception(
            "input_sized",
            "The answer has the size of the picture. Return the layer's own [h, w].",
            when=lambda got: got.shape[-2:] == x.shape[-2:] != right_answer.shape,
        ),
        Misconception(
            "nothing_changed",
            "Nothing changed at all: was `x` itself changed before the first run, or the box hidden in "
            "neither "
            "copy?",
            when=lambda got: float(got.abs().max()) == 0,
        ),
    ]


def _readings(before: Tensor, after: Tensor, difference: Tensor) -> list[tuple[str, str, Tensor]]:
    """Wrong ways to read the change off two right outputs."""
    signed = "This is the signed change. Take the absolute value before the mean."
    return [
        (
            "mean_before_abs",
            "The mean came before the absolute value, so changes up and down cancelled.",
            difference.mean(0).abs(),
        ),
        ("signed_change", signed, difference.mean(0)),
        ("signed_change", signed, -difference.mean(0)),
        ("signed_change", "Changes downwards became 0. Take the absolute value.", difference.relu().mean(0)),
        ("squared", "These are squared changes. Take absolute values.", difference.square().mean(0)),
        (
            "squared",
            "This is the length of the change over the channels. Take the mean of the absolute changes.",
            difference.norm(dim=0),
        ),
        ("sum_for_mean", "This is the sum over the channels. Take their mean.", difference.abs().sum(0)),
        (
            "max_for_mean",
            "This is the largest change among the channels. Take their mean.",
            difference.abs().amax(0),
        ),
        (
            "scaled",
            "The map was divided by its maximum. Return the change as it is.",
            difference.abs().mean(0) / difference.abs().mean(0).max(),
        ),
        (
            "after_the_inplace_relu",
            "An in-place ReLU behind the layer overwrote what was kept. Keep a `clone()` of the layer's "
            "output.",
            (after.relu() - before.relu()).abs().mean(1)[0],
        ),
    ]


def _hidings(x: Tensor, box: tuple[int, int, int, int]) -> list[tuple[str, str, Callable[[], Tensor]]]:
    """Wrong ways to hide the box."""
    top, left, bottom, right = box
    red_only = torch.cat([hidden(x, box)[:, :1], x[:, 1:]], dim=1)
    return [
        (
            "box_order",
            "The box was read as (left, top, right, bottom). It is (top, left, bottom, right).",
            lambda: hidden(x, (left, top, right, bottom)),
        ),
        (
            "box_as_size",
            "The box was read as a corner with height and width. Its last two numbers are bottom and right.",
            lambda: hidden(x, (top, left, top + bottom, left + right)),
        ),
        (
            "end_inclusive",
            "One row and one column too many were hidden: bottom and right lie outside the box.",
            lambda: hidden(x, (top, left, bottom + 1, right + 1)),
        ),
        (
            "outside_hidden",
            "Everything but the box was hidden.",
            lambda: torch.where(hidden(torch.ones_like(x), box) == 0, x, torch.zeros_like(x)),
        ),
        (
            "filled_with_the_mean",
            "The box was filled with the picture's mean. Fill it with 0.",
            lambda: hidden(x, box, float(x.mean())),
        ),
        ("filled_with_one", "The box was filled with 1. Fill it with 0.", lambda: hidden(x, box, 1.0)),
        ("first_channel_only", "Only one colour channel was hidden. Hide all three.", lambda: red_only),
    ]
