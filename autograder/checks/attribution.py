"""Hidden checks of lesson 5, attribution: saliency, occlusion, guided backpropagation, deconvnet.

Definitions: Simonyan et al. 2014 (saliency), Zeiler and Fergus 2014 (occlusion, deconvnet), Springenberg et al. 2015
(guided backpropagation). Sizes are never 224, height and width differ, classes are seldom the predicted one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from autograder.sandbox.worker.recipes import build

from . import oracles
from .attribution_mistakes import saliency_mistakes
from .attribution_occlusion_mistakes import occlusion_mistakes
from .attribution_rule_mistakes import rule_mistakes
from .draw import Draw, Model
from .items import Item, LessonChecks
from .telling import first_telling

CHECKS = LessonChecks("05_attribution")

CLASSES = 4
ORACLE_X = torch.arange(16, dtype=torch.float32).view(1, 1, 4, 4)
# Values known by hand on that network (Captum's own test network).
ORACLE_MAPS = {
    "saliency_map": [[0.0, 1, 1, 1]] * 3 + [[0.0] * 4],
    "guided_backprop": [[[0.0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]]],
    "deconvnet": [[[2.0, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]]],
}
# Large enough that ReLU6 meets values above 6.
LOUD = 12.0
# Bright enough that a covered patch is felt by the softmax, and not so bright that the softmax is saturated.
BRIGHT = 3.0

# What is looked at, family, size, class asked for, recipe options, how loud the picture is.
Scene = tuple[str, str, tuple[int, int], str, dict[str, Any], float]

PLAIN: Scene = ("a plain network, 40×56 pixels", "plain", (40, 56), "other", {}, 1.0)
RESIDUAL: Scene = (
    "a residual network: in-place ReLUs, one module used twice, 65×48 pixels",
    "residual",
    (65, 48),
    "other",
    {"inplace": True, "shared": True},
    1.0,
)
MOBILE: Scene = (
    "a network with in-place ReLU and ReLU6, 52×36 pixels",
    "mobile",
    (52, 36),
    "other",
    {"inplace": True},
    LOUD,
)
FROZEN: Scene = (
    "a model whose parameters are all frozen, 48×64 pixels",
    "residual",
    (48, 64),
    "other",
    {"inplace": True, "shared": False, "frozen": True},
    1.0,
)
ZERO: Scene = ("class 0, which is a class", "plain", (33, 44), "zero", {"inplace": True}, 1.0)
PREDICTED: Scene = ("the predicted class, 37×45 pixels", "mobile", (45, 37), "predicted", {}, LOUD)
FUNCTIONAL: Scene = (
    "a model without ReLU modules, 33×45 pixels",
    "functional",
    (33, 45),
    "other",
    {},
    1.0,
)

Making = Callable[[Model, Tensor, int, int], Item | None]


def _drawn(draw: Draw, scene: Scene, make: Making, hides: Collection[str] = ()) -> Item:
    """The first draw of a scene on which every known mistake shows."""
    name, family, (height, width), asked, options, loudness = scene

    def one(number: int) -> Item | None:
        model = draw.model(f"{name} {number}", family, channels=[5, 7, 6], classes=CLASSES, **options)
        x = loudness * draw.normal(f"x {name} {number}", 1, 3, height, width)
        predicted = oracles.clear_winner(model.module, x)
        if predicted is None or (asked == "zero" and predicted == 0):
            return None
        other = (predicted + draw.integer(f"{name} class {number}", 1, CLASSES)) % CLASSES
        index = {"predicted": predicted, "zero": 0, "other": other}[asked]
        return make(model, x, index, predicted)

    return first_telling(one, hides)


def _lively(values: Tensor) -> bool:
    """Whether a gradient map tells something: it reaches much of the picture, and is not next to nothing."""
    largest = float(values.abs().max())
    return largest > 1e-4 and float((values.abs() > 1e-3 * largest).float().mean()) > 0.2


@CHECKS.task("saliency_map")
def saliency_map(draw: Draw) -> Iterator[Item]:
    for scene in (PLAIN, RESIDUAL, MOBILE, FUNCTIONAL, FROZEN, ZERO, PREDICTED):
        yield _drawn(draw, scene, lambda *drawn, scene=scene: _saliency_item(scene[0], *drawn))
    yield _known_by_hand("saliency_map")
    yield _failing(draw)


def _saliency_item(name: str, model: Model, x: Tensor, index: int, predicted: int) -> Item | None:
    expected = oracles.saliency(model.module, x, index)
    if not _lively(expected):
        return None
    return Item(
        name,
        [model, x, index],
        expected=expected,
        misconceptions=saliency_mistakes(model, x, index, predicted),
        next_step="The gradient of `model(x)[0, class_index]` for a copy of `x`; its absolute value; the maximum over "
        "the channels.",
    )


@CHECKS.task("guided_backprop")
def guided_backprop(draw: Draw) -> Iterator[Item]:
    yield from _rule_items(draw, "guided_backprop", oracles.guided_backprop)


@CHECKS.task("deconvnet")
def deconvnet(draw: Draw) -> Iterator[Item]:
    yield from _rule_items(draw, "deconvnet", oracles.deconvnet)


def _rule_items(draw: Draw, task: str, oracle: Callable[[nn.Module, Tensor, int], Tensor]) -> Iterator[Item]:
    def make(scene: Scene) -> Making:
        def item(model: Model, x: Tensor, index: int, predicted: int) -> Item | None:
            expected = oracle(model.module, x, index)
            if not _lively(expected):
                return None
            return Item(
                scene[0],
                [model, x, index],
                expected=expected,
                misconceptions=rule_mistakes(task, model, x, index, predicted),
                next_step="Only the backward pass changes, at every `nn.ReLU` and `nn.ReLU6`, each time one runs. The "
                "forward values stay as they are.",
            )

        return item

    for scene in (PLAIN, RESIDUAL, MOBILE, FROZEN, ZERO, PREDICTED):
        yield _drawn(draw, scene, make(scene))
    yield _known_by_hand(task)
    yield _failing(draw)


@CHECKS.task("occlusion_map")
def occlusion_map(draw: Draw) -> Iterator[Item]:
    for name, family, size, asked, options, patch, stride, fill in (
        ("overlapping patches on a plain network, 28×39 pixels", "plain", (28, 39), "other", {}, 8, 5, None),
        ("another fill, a residual network, 35×26 pixels", "residual", (35, 26), "other", {}, 9, 6, 0.7),
        ("patches with gaps between them, 31×43 pixels", "mobile", (31, 43), "other", {}, 6, 7, -1.5),
        ("a model without ReLU modules, 33×24 pixels", "functional", (33, 24), "other", {}, 9, 4, 0.5),
        ("class 0, which is a class", "plain", (30, 22), "zero", {"inplace": True}, 7, 6, None),
        (
            "a frozen model, the predicted class",
            "residual",
            (26, 38),
            "predicted",
            {"frozen": True},
            8,
            6,
            0.4,
        ),
    ):
        scene: Scene = (name, family, size, asked, options, BRIGHT)
        yield _drawn(
            draw,
            scene,
            lambda *drawn, name=name, patch=patch, stride=stride, fill=fill: _occlusion_item(
                name, *drawn, patch, stride, fill
            ),
        )
    yield _with_defaults(draw)
    yield _one_patch(draw)
    yield _failing(draw, 8, 4)


def _with_defaults(draw: Draw) -> Item:
    """Patches so large on noise change every picture in the same way: one sign, which the other items have both of."""
    name = "patch, stride and fill left out, 67×83 pixels"

    def item(model: Model, x: Tensor, index: int, predicted: int) -> Item | None:
        return _occlusion_item(name, model, x, index, predicted, None, None, None, both_signs=False)

    scene: Scene = (name, "plain", (67, 83), "other", {}, BRIGHT)
    return _drawn(draw, scene, item, ("absolute_difference", "negatives_cut"))


def _occlusion_item(
    name: str,
    model: Model,
    x: Tensor,
    index: int,
    predicted: int,
    patch: int | None,
    stride: int | None,
    fill: float | None,
    *,
    both_signs: bool = True,
) -> Item | None:
    """Arguments that are ``None`` are left out of the call, so that the defaults count."""
    given = [value for value in (patch, stride, fill) if value is not None]
    patch, stride, fill = patch or 32, stride or 16, fill or 0.0
    expected = oracles.occlusion(model.module, x, index, patch, stride, fill)
    # Far above the rounding of a softmax.
    if expected.abs().max() < 0.01:
        return None
    if both_signs and (expected.min() > -1e-3 or expected.max() < 1e-3):
        return None
    return Item(
        name,
        [model, x, index, *given],
        expected=expected,
        misconceptions=occlusion_mistakes(model.module, x, index, predicted, patch, stride, fill),
        next_step="For each corner `(r * stride, c * stride)`: a fresh copy of `x`, the patch set to `fill`, the "
        "probability of the class; subtract it from the one on `x`.",
        atol_share=1e-3,
    )


def _one_patch(draw: Draw) -> Item:
    """A patch as large as the picture: one value, the fall from the picture to nothing but the fill."""
    model = draw.model("one patch", "plain", channels=[5, 7, 6], classes=CLASSES)
    x = 2 * draw.normal("x one patch", 1, 3, 24, 24)
    return Item(
        "one patch that covers the whole picture",
        [model, x, 1, 24, 10],
        expected=oracles.occlusion(model.module, x, 1, 24, 10),
        next_step="One patch fits: the map is [1, 1].",
        edge=True,
        atol=1e-4,
    )


def _known_by_hand(task: str) -> Item:
    """Everybody's input is the same here, so it counts only beside inputs that nobody can look up."""
    recipe = {"family": "oracle", "seed": 0, "inplace": True}
    return Item(
        "a network small enough to compute by hand, one input channel, in-place ReLUs",
        [Model(recipe, build(recipe)), ORACLE_X, 0],
        expected=torch.tensor(ORACLE_MAPS[task]),
        edge=True,
    )


def _failing(draw: Draw, *arguments: int) -> Item:
    """A model whose head raises: the error comes through, and hooks and modules are put back then, too."""
    model = draw.model("failing", "plain", channels=[5, 6, 7], classes=3, inplace=True, raises="head")
    return Item(
        "a model whose forward pass fails: its error comes through",
        [model, draw.normal("x failing", 1, 3, 30, 44), 1, *arguments],
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )
