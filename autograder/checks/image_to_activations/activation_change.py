"""`activation_change`: two runs side by side, and what known mistakes give."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

import course_utils  # noqa: F401
from autograder.checks import oracles
from autograder.checks.draw import Draw, Layer
from autograder.checks.items import Item
from course_utils.comparison import Misconception

from .shared import seen


def items(draw: Draw) -> Iterator[Item]:
    plain = draw.model("plain", "plain", channels=[5, 8, 7], classes=4)
    x = draw.normal("x plain", 1, 3, 40, 56)
    residual = draw.model("residual", "residual", channels=[6, 7, 9], classes=4)
    y = draw.normal("x residual", 1, 3, 65, 48)
    mobile = draw.model("mobile", "mobile", channels=[4, 6, 11], classes=6)
    z = draw.normal("x mobile", 1, 3, 52, 36)
    frozen = draw.model("frozen", "functional", channels=[5, 6, 8], classes=3, frozen=True)
    u = draw.normal("x frozen", 1, 3, 33, 49)
    for name, layer, picture, box in (
        ("a plain network's first convolution", plain.layer("conv1"), x, (6, 20, 19, 31)),
        ("its last ReLU, behind two strides", plain.layer("relu3"), x, (6, 20, 19, 31)),
        ("BatchNorm with an in-place ReLU behind it", residual.layer("bn"), y, (30, 5, 52, 16)),
        ("a deep layer of the residual network", residual.layer("block2"), y, (0, 0, 20, 25)),
        (
            "a box at the lower right edge, another architecture",
            mobile.layer("features.7"),
            z,
            (37, 11, 52, 36),
        ),
        ("a network whose parameters are all frozen", frozen.layer("second"), u, (3, 17, 15, 20)),
    ):
        yield _change_item(name, layer, picture, box)
    yield Item(
        "a box of one pixel",
        [plain, plain.layer("conv1"), x, (17, 30, 18, 31)],
        expected=change(plain.layer("conv1"), x, (17, 30, 18, 31)),
        misconceptions=change_mistakes(plain.layer("conv1"), x, (17, 30, 18, 31)),
    )
    failing = draw.model("failing", "plain", channels=[5, 8, 7], classes=4, raises="head")
    yield Item(
        "a forward pass that fails: the error comes through, and nothing is left behind",
        [failing, failing.layer("relu2"), x, (6, 20, 19, 31)],
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )


def _change_item(name: str, layer: Layer, x: Tensor, box: tuple[int, int, int, int]) -> Item:
    return Item(
        name,
        [layer.model, layer, x, box],
        expected=change(layer, x, box),
        misconceptions=change_mistakes(layer, x, box),
        next_step="Two runs: x as it is, and a copy with 0 inside the box. Then |difference|, mean over the "
        "channels.",
    )


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


def hidden(x: Tensor, box: tuple[int, int, int, int], value: float = 0.0) -> Tensor:
    """The picture with its box filled, by a mask and not by a slice."""
    top, left, bottom, right = box
    rows, cols = torch.arange(x.shape[-2])[:, None], torch.arange(x.shape[-1])
    inside = (rows >= top) & (rows < bottom) & (cols >= left) & (cols < right)
    return torch.where(inside, torch.full_like(x, value), x)


def outputs(layer: Layer, *pictures: Tensor) -> list[Tensor]:
    """The layer's output on each picture, before anything behind it can overwrite it."""
    return [oracles.forward_with(layer.model.module, layer.module, p)[1].detach() for p in pictures]


def change(layer: Layer, x: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    """The mean over the channels of how much the layer's output changes where the box is hidden."""
    before, after = outputs(layer, x, hidden(x, box))
    return (before - after).abs().mean(1)[0]
