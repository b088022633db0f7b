"""A layer's output and its gradient, of the score before the softmax."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, Misconception, Raises, Task
from course_utils.tiny_models import colour_picture, colour_spotter, oracle_network

from .shared import COLOURS, RELU, counting_picture, five_channels, two_filters

tensor = torch.tensor

# Every logit of the two-filter network is the same weighted sum of the ReLU's eight outputs.
AT_RELU = [[[1.0, 1], [1, 1]], [[1.0, -1], [-1, -1]]]
# The ReLU lets the gradient through where the convolution's output is positive.
AT_CONV = [[[0.0, 1], [1, 1]], [[0.0, 0], [-1, -1]]]


def _flat(*values: float) -> torch.Tensor:
    """[1, 3, 2, 3], one value a channel."""
    return tensor(values).view(1, 3, 1, 1).expand(1, 3, 2, 3).clone()


RED, BLUE = (1 / 6, -1 / 6, 0.0), (0.0, -1 / 6, 1 / 6)
ALL_FOUR = _flat(-1 / 6, -2 / 6, -1 / 6)
RED_PROBABILITY = (0.0426383, -0.0020602, -0.0391297)


def _class_of_spotter(class_index: int, *, frozen: bool = False) -> tuple[Any, ...]:
    model = colour_spotter().requires_grad_(not frozen)
    return model, model.relu, colour_picture(), class_index


GRAPH = (
    (
        "does not require grad",
        "Nothing here asks for gradients, for example because all parameters are frozen, or inside "
        "`torch.no_grad()`. Give the forward pass a copy of `x` that asks for them.",
    ),
    (
        "have been used in the graph",
        "What your hook kept is no part of the graph. Keep `output` itself for the backward pass; detach the "
        "gradient at the end.",
    ),
    (
        "backward through the graph a second time",
        "The graph is gone after one backward pass. One is enough here.",
    ),
)
SHAPE = Misconception(
    "averaged",
    "There are fewer numbers than the layer's output has. Return one gradient for each of its values.",
    when=lambda got: got.numel() <= 3,
)

CAPTURE_GRADIENT = Task(
    name="capture_gradient",
    points=5,
    examples=(
        Example(
            "the colour spotter's ReLU, class 1 (red)",
            lambda: _class_of_spotter(1),
            _flat(*RED),
            (
                Misconception(
                    "probability_instead_of_logit",
                    "These values come from the softmax probability. The score is the logit.",
                    _flat(*RED_PROBABILITY),
                ),
                Misconception(
                    "all_classes",
                    "This is the gradient of the sum of all logits. Pick the one of the class asked for.",
                    ALL_FOUR,
                ),
                Misconception(
                    "output_returned",
                    "This is the layer's output. Return the gradient of the score with respect to it.",
                    tensor([COLOURS]),
                ),
                Misconception(
                    "input_gradient",
                    "This has the shape of `x`. Asked for is the gradient for the layer's output.",
                    when=lambda got: tuple(got.shape) == (1, 3, 4, 6),
                ),
                SHAPE,
            ),
            errors=GRAPH,
        ),
        Example(
            "the same, class 0 (blue)",
            lambda: _class_of_spotter(0),
            _flat(*BLUE),
            (
                Misconception(
                    "class_ignored",
                    "This is the gradient for red, the predicted class. 0 is a class, too.",
                    _flat(*RED),
                ),
            ),
            errors=GRAPH,
        ),
        Example(
            "the two-filter network's ReLU, whose gradient differs from cell to cell",
            lambda: (*two_filters("relu"), 2),
            tensor([AT_RELU]),
            (
                Misconception(
                    "input_of_layer",
                    "This is the gradient for what went into the layer. In a full backward hook, "
                    "`grad_output` "
                    "belongs to the layer's output.",
                    tensor([AT_CONV]),
                ),
                Misconception(
                    "output_returned",
                    "This is the layer's output. Return the gradient of the score with respect to it.",
                    tensor([RELU]),
                ),
                Misconception(
                    "absolute",
                    "The gradient has lost its sign. Return it as it is.",
                    tensor([AT_RELU]).abs(),
                ),
                Misconception(
                    "all_classes",
                    "This is the gradient of the sum of all logits. Pick the one of the class asked for.",
                    tensor([AT_RELU]) * 4,
                ),
                SHAPE,
            ),
            errors=GRAPH,
        ),
        Example(
            "its convolution, in a model whose parameters are all frozen",
            lambda: (lambda model: (model.requires_grad_(False), model.conv, counting_picture(), 3))(
                oracle_network()
            ),
            tensor([AT_CONV]),
            errors=GRAPH,
        ),
        Example(
            "a forward pass that fails: the error comes through, no hook stays",
            lambda: (*_class_of_spotter(1)[:2], five_channels(), 1),
            Raises(RuntimeError, "channels"),
        ),
    ),
    hints=(
        "Two things are needed from one forward pass: the layer's output, still part of the graph, and the "
        "logits.",
        "Frozen parameters build no graph. Which tensor could ask for gradients in their place, without "
        "touching `x` itself?",
        "`torch.autograd.grad(score, tensor)` gives a tuple of one gradient and leaves no `.grad` anywhere. "
        "The score is one number out of the logits.",
        "The hook is only needed during the forward pass, so `finally:` can remove it before the gradient is "
        "taken. Return the gradient detached, on the CPU.",
    ),
)
