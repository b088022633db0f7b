"""What lesson 5's tasks share: scenes of model and picture, values known by hand, and mistakes of every map."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks import oracles
from autograder.checks.draw import Draw, Model
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from autograder.sandbox.worker.recipes import build
from course_utils.comparison import Misconception

CLASSES = 4
ORACLE_X = torch.zeros(1, 3, 4, 4)
ORACLE_X[0, 0] = torch.arange(16.0).view(4, 4)
_EMPTY = [[0.0] * 4] * 4
# Values known by hand on that network (Captum's own test network, which looks at the first channel alone).
ORACLE_MAPS = {
    "saliency_map": [[0.0, 1, 1, 1]] * 3 + [[0.0] * 4],
    "guided_backprop": [[[0.0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]], _EMPTY, _EMPTY],
    "deconvnet": [[[2.0, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]], _EMPTY, _EMPTY],
}
# Large enough that ReLU6 meets values above 6.
LOUD = 12.0

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

Making = Callable[[Model, Tensor, int, int], Item | None]


def drawn(draw: Draw, scene: Scene, make: Making, hides: Collection[str] = ()) -> Item:
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


def lively(values: Tensor) -> bool:
    """Whether a gradient map tells something: it reaches much of the picture, and is not next to nothing."""
    largest = float(values.abs().max())
    return largest > 1e-4 and float((values.abs() > 1e-3 * largest).float().mean()) > 0.2


def known_by_hand(task: str) -> Item:
    """Everybody's input is the same here, so it counts only beside inputs that nobody can look up."""
    recipe = {"family": "oracle", "seed": 0, "inplace": True}
    return Item(
        "a network small enough to compute by hand, in-place ReLUs",
        [Model(recipe, build(recipe)), ORACLE_X, 0],
        expected=torch.tensor(ORACLE_MAPS[task]),
        edge=True,
    )


def failing(draw: Draw, *arguments: int) -> Item:
    """A model whose head raises: the error comes through, and hooks and modules are put back then, too."""
    model = draw.model("failing", "plain", channels=[5, 6, 7], classes=3, inplace=True, raises="head")
    return Item(
        "a model whose forward pass fails: its error comes through",
        [model, draw.normal("x failing", 1, 3, 30, 44), 1, *arguments],
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )


_SCORES = (
    (
        "probability_instead_of_logit",
        "The gradient seems to start at the softmax probability. The score is the logit: no softmax before backward.",
        lambda logits, index: logits.softmax(1)[0, index],
    ),
    (
        "log_probability",
        "The gradient starts at a log-probability or a cross-entropy loss. The score is the logit itself.",
        lambda logits, index: logits.log_softmax(1)[0, index],
    ),
    (
        "all_classes",
        "The gradient starts at the sum of all logits. Pick the one of the class: `logits[0, class_index]`.",
        lambda logits, index: logits.sum(),
    ),
)
CLASS_IGNORED = "This is the map of the predicted class. Use `class_index`; 0 is a class, too."


def input_gradient(module: nn.Module, x: Tensor, score: Callable[[Tensor], Tensor]) -> Tensor:
    """Gradient ``[C, H, W]`` of a score with respect to the input."""
    source = x.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(score(module(source)), source)
    return gradient[0]


def score_mistakes(
    of: Callable[[Callable[[Tensor], Tensor]], Tensor], index: int, predicted: int
) -> list[Misconception]:
    """The map of another score: a probability, a loss, all classes, the predicted class."""
    found = [Misconception(name, message, of(lambda z, f=f: f(z, index))) for name, message, f in _SCORES]
    if predicted != index:
        found.append(Misconception("class_ignored", CLASS_IGNORED, of(lambda z: z[0, predicted])))
    return found


def axes_kept(when: Callable[[Any], bool], wanted: str) -> Misconception:
    return Misconception(
        "batch_axis_kept",
        f"An axis of length 1 is still there. The shape to return is {wanted}: pick the picture with `[0]`.",
        when=when,
    )
