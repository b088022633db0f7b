"""One layer's output, kept by a hook that is gone afterwards."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, Misconception, Raises, Task
from course_utils.tiny_models import colour_picture, colour_spotter

from .shared import (
    COLOURS,
    CONV,
    CONV_OF_ZEROS,
    MEANS,
    OVERWRITTEN,
    RELU,
    counting_picture,
    five_channels,
    two_filters,
)

tensor = torch.tensor


def _spotter(layer: str) -> tuple[Any, ...]:
    model = colour_spotter()
    return model, model.get_submodule(layer), colour_picture()


NONE_KEPT = (
    ("KeyError", "Was the hook ever called? It runs when the model runs, so register it before `model(x)`."),
    (
        "list index out of range",
        "Was the hook ever called? It runs when the model runs, so register it before `model(x)`.",
    ),
)
CHANNELS = (
    (
        "to have 3 channels",
        "The layer was called by itself on `x`. Run the whole model; the hook catches the layer's output.",
    ),
)
TUPLE = Misconception(
    "inputs_tuple",
    "A tuple came back: that is `inputs`, what went into the layer. The output is the hook's third argument.",
    when=lambda got: isinstance(got, tuple),
)

CAPTURE_OUTPUT = Task(
    name="capture_output",
    points=4,
    examples=(
        Example(
            "the convolution of the two-filter network",
            lambda: two_filters("conv"),
            tensor([CONV]),
            (
                TUPLE,
                Misconception(
                    "input_captured",
                    "This is what went into the layer. A hook gets `(module, inputs, output)`: keep the "
                    "third.",
                    counting_picture(),
                ),
                Misconception(
                    "logits_returned",
                    "These are the model's four logits. Return what your hook kept.",
                    tensor([[54.0] * 4]),
                ),
                Misconception(
                    "batch_axis_gone",
                    "The axis of the batch is gone. Return the output in its own shape, [1, 2, 2, 2].",
                    when=lambda got: tuple(got.shape) == (2, 2, 2),
                ),
            ),
            errors=NONE_KEPT,
        ),
        Example(
            "the same, with an in-place ReLU behind it",
            lambda: two_filters("conv", inplace=True),
            tensor([CONV]),
            (Misconception("overwritten_in_place", OVERWRITTEN, tensor([RELU])), TUPLE),
            errors=NONE_KEPT,
        ),
        Example(
            "a batch of two pictures",
            lambda: two_filters("conv", pictures=2),
            tensor([CONV, CONV_OF_ZEROS]),
            (
                Misconception(
                    "first_picture_only",
                    "Only the first picture came back. Return the output for the whole batch.",
                    when=lambda got: got.numel() == 8,
                ),
            ),
            errors=NONE_KEPT,
        ),
        Example(
            "a layer in the middle: the colour spotter's averages",
            lambda: _spotter("pool"),
            tensor([MEANS]),
            (
                Misconception(
                    "input_captured",
                    "This is what went into the layer. A hook gets `(module, inputs, output)`: keep the "
                    "third.",
                    tensor([COLOURS]),
                ),
                Misconception(
                    "batch_axis_gone",
                    "Axes of length 1 are gone. Return the output in its own shape, [1, 3, 1, 1].",
                    when=lambda got: got.numel() == 3 and got.ndim != 4,
                ),
            ),
            errors=(*NONE_KEPT, *CHANNELS),
        ),
        Example(
            "a forward pass that fails: the error comes through, no hook stays",
            lambda: (*_spotter("relu")[:2], five_channels()),
            Raises(RuntimeError, "channels"),
        ),
    ),
    hints=(
        "Four steps: define a hook, register it on `layer`, run the model, remove the hook.",
        "`handle = layer.register_forward_hook(hook)` registers. Where can the hook put what it sees, so "
        "that "
        "it is still there after it returned? A dict or a list made before it will do.",
        "What the layer gave may be overwritten a moment later. Which method makes a copy that nobody else "
        "writes to?",
        "`try: ... finally: ...` removes the handle whether or not the forward pass succeeds. Return the "
        "kept "
        "tensor detached, on the CPU.",
    ),
)
