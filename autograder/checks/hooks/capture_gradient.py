"""`capture_gradient`: a layer's output and its gradient by autograd, and what known mistakes return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.checks import oracles
from autograder.checks.draw import Draw, Layer, Model
from autograder.checks.items import Item
from autograder.checks.telling import first_telling
from course_utils.comparison import Misconception

from .shared import failing


def items(draw: Draw) -> Iterator[Item]:
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
    yield failing(draw, lambda model, x: [model, model.layer("pool"), x, 1])


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


def logit_mistakes(model: Model, x: Tensor, target: int) -> list[Misconception]:
    """Mistakes of ``capture_gradient`` at the layer whose output are the logits."""
    shares = model.module(x).softmax(1)[0].detach()
    one = torch.eye(len(shares))[target]
    return [_probability((shares[target] * (one - shares))[None])]


def _probability(value: Tensor) -> Misconception:
    return Misconception(
        "probability_instead_of_logit",
        "The gradient seems to start at the softmax probability. The score is the logit: no softmax before "
        "backward.",
        value,
    )


def gradient_mistakes(
    model: Model, layer: Layer, x: Tensor, target: int, predicted: int, output: Tensor, gradient: Tensor
) -> list[Misconception]:
    """Mistakes of ``capture_gradient``; ``output`` and ``gradient`` are the right ones at the layer."""

    def of(score: Any) -> Tensor:
        logits, kept, _ = oracles.forward_with(model.module, layer.module, x)
        return torch.autograd.grad(score(logits), kept)[0]

    logits, _, source = oracles.forward_with(model.module, layer.module, x)
    (at_input,) = torch.autograd.grad(logits[0, target], source)
    mistakes = [
        _probability(of(lambda z: z.softmax(1)[0, target])),
        Misconception(
            "log_probability",
            "The gradient starts at a log-probability or a cross-entropy loss. The score is the logit "
            "itself.",
            of(lambda z: z.log_softmax(1)[0, target]),
        ),
        Misconception(
            "log_probability",
            "The gradient starts at a log-probability or a cross-entropy loss. The score is the logit "
            "itself.",
            of(lambda z: -z.log_softmax(1)[0, target]),
        ),
        Misconception(
            "all_classes",
            "The gradient starts at the sum of all logits. Pick the one of the class: `logits[0, "
            "class_index]`.",
            of(lambda z: z.sum()),
        ),
        Misconception(
            "input_of_layer",
            "This is the gradient for the layer's input. In a full backward hook, `grad_output` belongs to "
            "the output "
            "and `grad_input` to the input.",
            when=_alike(_gradient_at_input_of(model, layer, x, target)),
        ),
        Misconception(
            "input_gradient",
            "This is the gradient for the picture `x`. Asked for is the one for the layer's output.",
            when=_alike(at_input),
        ),
        Misconception(
            "output_returned",
            "This is the layer's output. Return the gradient of the score with respect to it.",
            output,
        ),
        Misconception("absolute", "The gradient lost its sign. Return it as it is.", gradient.abs()),
        Misconception(
            "relu", "Negative gradients became zero. Return the gradient as it is.", gradient.relu()
        ),
        Misconception(
            "averaged",
            "The gradient was averaged over space. Return one number for each value of the layer's output.",
            when=lambda got: 0 < got.numel() <= gradient.shape[1],
        ),
        Misconception(
            "batch_axis_gone",
            "The axis of the batch is gone. The shape to return is that of the layer's output.",
            when=lambda got: tuple(got.shape) == tuple(gradient.shape[1:]),
        ),
        Misconception(
            "parameter_gradient",
            "This has the shape of the layer's weights. Asked for is the gradient for the layer's output.",
            when=lambda got: any(got.shape == p.shape for p in layer.module.parameters()),
        ),
    ]
    if predicted != target:
        mistakes.append(
            Misconception(
                "class_ignored",
                "This is the gradient for the predicted class. Use `class_index`; 0 is a class, too.",
                of(lambda z: z[0, predicted]),
            )
        )
    return mistakes


def _alike(value: Tensor) -> Callable[[Any], bool]:
    """A predicate for a mistake whose value has a shape of its own."""
    return lambda got: (
        tuple(got.shape) == tuple(value.shape)
        and torch.allclose(
            torch.as_tensor(got).float(), value, rtol=1e-3, atol=1e-4 * float(value.abs().max())
        )
    )


def _gradient_at_input_of(model: Model, layer: Layer, x: Tensor, target: int) -> Tensor:
    """The gradient for what goes into the layer, taken at a copy put in its place by a pre-hook."""
    entered: list[Tensor] = []

    def enter(module: torch.nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        entered.append(inputs[0].clone())
        return (entered[0].clone(),)

    handle = layer.module.register_forward_pre_hook(enter)
    try:
        score = model.module(x.detach().clone().requires_grad_())[0, target]
    finally:
        handle.remove()
    return torch.autograd.grad(score, entered[0])[0]
