"""Hidden checks of lesson 3, hooks: what a layer gave, and the gradient that came back to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from . import oracles
from .draw import Draw, Layer, Model
from .hooks_mistakes import (
    dict_mistakes,
    gradient_mistakes,
    logit_mistakes,
    output_mistakes,
    overwritten_in_place,
    overwritten_somewhere,
)
from .items import Item, LessonChecks, Look
from .telling import first_telling

CHECKS = LessonChecks("03_hooks")

# The judge calls a function twice on the same arguments; each call may run the model once.
PASSES = 2


def _layer_values(model: Model, names: list[str], x: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """For each layer its input and its output as they were then, taken from one pass of a fresh copy."""
    module = model.fresh()
    found: dict[str, tuple[Tensor, Tensor]] = {}
    for name in names:
        layer = module.get_submodule(name)
        inside: list[Tensor] = []
        handles = [
            layer.register_forward_pre_hook(
                lambda _, inputs, inside=inside: inside.append(inputs[0].clone())
            ),
            layer.register_forward_hook(
                lambda _, __, output, name=name, inside=inside: found.update(
                    {name: (inside.pop(), output.clone())}
                )
            ),
        ]
        with torch.no_grad():
            module(x)
        for handle in handles:
            handle.remove()
    return found


def _scenes(draw: Draw) -> Iterator[tuple[str, Model, Layer, Tensor, bool]]:
    """Name, model, layer, batch, and whether an in-place ReLU comes right behind the layer."""
    model = draw.model("plain", "plain", channels=[5, 7, 6], classes=4, inplace=True)
    yield (
        "a convolution with an in-place ReLU behind it",
        model,
        model.layer("conv2"),
        draw.normal("x plain", 1, 3, 40, 56),
        True,
    )
    model = draw.model("residual", "residual", channels=[4, 6, 8], classes=5, inplace=True, shared=False)
    yield (
        "a layer deep inside a block, a batch of three",
        model,
        model.layer("block1.bn1"),
        draw.normal("x residual", 3, 3, 33, 48),
        True,
    )
    model = draw.model("whole block", "residual", channels=[5, 9, 7], classes=3, inplace=True)
    yield (
        "a whole block, a batch of two",
        model,
        model.layer("block1"),
        draw.normal("x block", 2, 3, 48, 31),
        False,
    )
    model = draw.model("mobile", "mobile", channels=[4, 6, 5], classes=7, inplace=True)
    yield (
        "a linear layer, whose output has no space, a batch of five",
        model,
        model.layer("classifier.1"),
        draw.normal("x mobile", 5, 3, 44, 52),
        True,
    )
    model = draw.model("frozen", "functional", channels=[5, 6, 8], classes=3, frozen=True)
    yield (
        "a model whose parameters are all frozen, a batch of two",
        model,
        model.layer("second"),
        draw.normal("x frozen", 2, 3, 37, 45),
        False,
    )


@CHECKS.task("capture_output")
def capture_output(draw: Draw) -> Iterator[Item]:
    for name, model, layer, x, overwritten in _scenes(draw):
        given, output = _layer_values(model, [layer.name], x)[layer.name]
        yield Item(
            name,
            [model, layer, x],
            expected=output,
            misconceptions=output_mistakes(model, x, given, output, overwritten),
            next_step="Let a forward hook on `layer` store a detached copy of `output`, and run the model "
            "once.",
        )
    yield _failing(draw, lambda model, x: [model, model.layer("conv3"), x])


@CHECKS.task("capture_activations")
def capture_activations(draw: Draw) -> Iterator[Item]:
    residual = draw.model(
        "residual", "residual", channels=[4, 6, 8], classes=5, inplace=True, shared=False, counts=True
    )
    yield _activations_item(
        "four layers of a residual network, a batch of three",
        residual,
        ["block2", "bn", "block1.bn1", "block1"],
        draw.normal("x residual", 3, 3, 33, 48),
        behind=("bn", "block1.bn1"),
    )
    mobile = draw.model("mobile", "mobile", channels=[4, 6, 5], classes=7, inplace=True, counts=True)
    yield _activations_item(
        "layers with and without space, a batch of two",
        mobile,
        ["classifier.1", "features.0", "features", "features.3"],
        draw.normal("x mobile", 2, 3, 44, 52),
        behind=("classifier.1", "features.0", "features.3"),
    )
    plain = draw.model("plain", "plain", channels=[5, 7, 6], classes=4, inplace=True, counts=True)
    yield _activations_item(
        "one layer, one picture",
        plain,
        ["conv2"],
        draw.normal("x plain", 1, 3, 40, 56),
        behind=("conv2",),
    )
    frozen = draw.model("frozen", "functional", channels=[5, 6, 8], classes=3, frozen=True, counts=True)
    yield _activations_item(
        "a model whose parameters are all frozen, a batch of five",
        frozen,
        ["third", "first"],
        draw.normal("x frozen", 5, 3, 37, 45),
    )
    yield from _unknown_names(draw)
    yield _failing(draw, lambda model, x: [model, ["relu2", "conv1"], x])


def _activations_item(
    name: str, model: Model, names: list[str], x: Tensor, behind: tuple[str, ...] = ()
) -> Item:
    found = _layer_values(model, names, x)
    expected = {n: found[n][1] for n in names}
    mistakes = dict_mistakes(names, expected, {n: found[n][0] for n in names}, len(x))
    if behind:
        covered = {n: v.clamp(min=0) if n in behind else v for n, v in expected.items()}
        mistakes.insert(0, overwritten_in_place(covered))
        mistakes.insert(1, overwritten_somewhere(expected, behind))
    once = Look(
        "passes",
        PASSES,
        "The values are right, but the model ran more than once, or not as a whole. Register all hooks "
        "first, then "
        "call `model(x)` once.",
        argument=0,
        misconception="several_passes",
    )
    return Item(
        name,
        [model, names, x],
        expected=expected,
        misconceptions=mistakes,
        looks=[once],
        next_step="Each name needs a hook that knows its own name; build the dict in the order of "
        "`layer_names`.",
    )


def _unknown_names(draw: Draw) -> Iterator[Item]:
    for purpose, family, known, unknown in (
        ("an unknown name behind a known one", "residual", "block1", "block3"),
        ("a name that is only a part of a layer's name", "residual", "bn", "block1.conv"),
        ("a number that no layer has", "mobile", "features.0", "features.9"),
    ):
        model = draw.model(purpose, family)
        yield Item(
            f"{purpose}: a KeyError that names it",
            [model, [known, unknown], draw.normal(f"x {purpose}", 1, 3, 40, 36)],
            raises="KeyError",
            mentions=unknown,
            edge=True,
        )


@CHECKS.task("capture_gradient")
def capture_gradient(draw: Draw) -> Iterator[Item]:
    for name, family, layer, size, asked, options in (
        ("a convolution, a chosen class", "plain", "conv2", (40, 56), "other", {"inplace": False}),
        (
            "a block whose output is used twice, in-place ReLUs elsewhere",
            "residual",
            "block1",
            (49, 36),
            "other",
            {"inplace": True},
        ),
        ("class 0, which is a class", "mobile", "features.7", (52, 36), "zero", {"inplace": True}),
        (
            "a model whose parameters are all frozen",
            "mobile",
            "features.5",
            (44, 60),
            "other",
            {"inplace": True, "frozen": True},
        ),
        (
            "a model without ReLU modules, the predicted class",
            "functional",
            "second",
            (33, 45),
            "predicted",
            {},
        ),
    ):
        yield _gradient_item(draw, name, family, layer, size, asked, options)
    model = draw.model("logits", "plain", channels=[4, 5, 6], classes=5)
    x = draw.normal("x logits", 1, 3, 32, 40)
    target = (oracles.predicted_class(model.module, x) + draw.integer("class", 1, 5)) % 5
    yield Item(
        "the last layer: its output are the scores themselves",
        [model, model.layer("head"), x, target],
        expected=torch.eye(5)[None, target],
        misconceptions=logit_mistakes(model, x, target),
        next_step="The score of the class grows by 1 with its own logit, and not at all with the others.",
        edge=True,
    )
    yield _failing(draw, lambda model, x: [model, model.layer("pool"), x, 1])


def _gradient_item(
    draw: Draw,
    name: str,
    family: str,
    layer: str,
    size: tuple[int, int],
    asked: str,
    options: dict[str, Any],
) -> Item:
    def make(number: int) -> Item | None:
        model = draw.model(f"{name} {number}", family, channels=[5, 7, 6], classes=4, **options)
        x = draw.normal(f"{name} x {number}", 1, 3, *size)
        predicted = oracles.clear_winner(model.module, x)
        if predicted is None or (asked == "zero" and predicted == 0):
            return None
        other = (predicted + draw.integer(f"{name} class {number}", 1, 4)) % 4
        target = {"predicted": predicted, "zero": 0, "other": other}[asked]
        output, gradient = oracles.output_and_gradient(
            model.module, model.module.get_submodule(layer), x, target
        )
        if (gradient.abs() > 1e-7).float().mean() < 0.2:
            return None
        return Item(
            name,
            [model, model.layer(layer), x, target],
            expected=gradient,
            misconceptions=gradient_mistakes(
                model, model.layer(layer), x, target, predicted, output, gradient
            ),
            next_step="Keep the layer's output in the graph, and take the gradient of `logits[0, "
            "class_index]` for it.",
        )

    return first_telling(make)


def _failing(draw: Draw, arguments: Callable[[Model, Tensor], list[Any]]) -> Item:
    """A model whose head raises: the error must come through, and the hooks be gone then, too."""
    model = draw.model("failing", "plain", channels=[5, 6, 7], classes=3, inplace=True, raises="head")
    return Item(
        "a model whose forward pass fails: its error comes through",
        arguments(model, draw.normal("x failing", 1, 3, 30, 44)),
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )
