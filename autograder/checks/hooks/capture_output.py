"""`capture_output`: one layer's output, and what known mistakes keep."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.checks.draw import Draw, Layer, Model
from autograder.checks.items import Item
from course_utils.comparison import Misconception

from .shared import failing, layer_values, overwritten_in_place


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


def items(draw: Draw) -> Iterator[Item]:
    for name, model, layer, x, overwritten in _scenes(draw):
        given, output = layer_values(model, [layer.name], x)[layer.name]
        yield Item(
            name,
            [model, layer, x],
            expected=output,
            misconceptions=output_mistakes(model, x, given, output, overwritten),
            next_step="Let a forward hook on `layer` store a detached copy of `output`, and run the model "
            "once.",
        )
    yield failing(draw, lambda model, x: [model, model.layer("conv3"), x])


def output_mistakes(
    model: Model, x: Tensor, given: Tensor, output: Tensor, overwritten: bool
) -> list[Misconception]:
    """Mistakes of ``capture_output``; ``given`` is what went into the layer."""
    with torch.no_grad():
        logits = model.fresh()(x)
    mistakes = [
        Misconception(
            "input_captured",
            "This is what went into the layer. A forward hook gets `(module, inputs, output)`: keep the "
            "third.",
            given,
        ),
        Misconception(
            "logits_returned",
            "These are the model's logits. Return what your hook kept.",
            logits,
        ),
        Misconception(
            "first_picture_only",
            "Only the first picture of the batch came back. Return the output for all of them.",
            when=lambda got: len(output) > 1 and got.numel() * len(output) == output.numel(),
        ),
        Misconception(
            "batch_axis_gone",
            "The axis of the batch is gone. Return the layer's output in its own shape, also for one "
            "picture.",
            when=lambda got: len(output) == 1 and tuple(got.shape) == tuple(output.shape[1:]),
        ),
        Misconception(
            "averaged",
            "Some axes were averaged away. Return the output as the layer gave it.",
            when=lambda got: got.ndim > 0 and got.numel() < output.numel() and got.numel() in _sizes(output),
        ),
    ]
    if overwritten:
        mistakes.insert(0, overwritten_in_place(output.clamp(min=0)))
    return mistakes


def _sizes(output: Tensor) -> set[int]:
    """Numbers of values that are left where space, channels or pictures were averaged away."""
    return {output[:, 0].numel(), output.shape[0] * output.shape[1], output.shape[1], output[0].numel()}
