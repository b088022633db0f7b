"""The whole heatmap, on a network that tells colours apart and on Captum's two filters."""

from __future__ import annotations

from typing import Any

import torch

from course_utils.guide import Example, Misconception, Task
from course_utils.tiny_models import oracle_network

from .shared import BLUE, NO_GRAPH, RED, spotter

tensor = torch.tensor

# The ways of going wrong that numbers give away.
RED_RELU_AFTER = [
    [0.25, 0.5, 1.0, 0.875, 0.125, 0.0],
    [0.1875, 0.40625, 0.84375, 0.734375, 0.078125, 0.0],
    [0.0625, 0.21875, 0.53125, 0.453125, 0.0, 0.0],
    [0.0, 0.125, 0.375, 0.3125, 0.0, 0.0],
]
RED_ALIGNED = [
    [0.2381, 0.61905, 1.0, 0.95238, 0.47619, 0.0],
    [0.15873, 0.47619, 0.79365, 0.7619, 0.38095, 0.0],
    [0.07937, 0.33333, 0.5873, 0.57143, 0.28571, 0.0],
    [0.0, 0.19048, 0.38095, 0.38095, 0.19048, 0.0],
]
RED_NEAREST = [[0.2, 0.2, 1.0, 1.0, 0.0, 0.0]] * 2 + [[0.0, 0.0, 0.4, 0.4, 0.0, 0.0]] * 2
RED_PROBABILITY = [
    [0.39415, 0.5961, 1.0, 0.90146, 0.30049, 0.0],
    [0.34366, 0.4972, 0.80428, 0.71837, 0.23946, 0.0],
    [0.24268, 0.2994, 0.41284, 0.35217, 0.11739, 0.0],
    [0.19219, 0.2005, 0.21712, 0.16907, 0.05636, 0.0],
]
RED_MEAN_ACTIVATION = [
    [0.33333, 0.44444, 0.66667, 0.63889, 0.36111, 0.22222],
    [0.30556, 0.41667, 0.63889, 0.66667, 0.5, 0.41667],
    [0.25, 0.36111, 0.58333, 0.72222, 0.77778, 0.80556],
    [0.22222, 0.33333, 0.55556, 0.75, 0.91667, 1.0],
]
# The two-filter network before its ReLU: maps with negative values and gradients that differ from cell to
# cell.
ORACLE = [
    [0.5, 0.525, 0.575, 0.6],
    [0.6, 0.625, 0.675, 0.7],
    [0.8, 0.825, 0.875, 0.9],
    [0.9, 0.925, 0.975, 1.0],
]
ORACLE_MIN_MAX = [
    [0.0, 0.05, 0.15, 0.2],
    [0.2, 0.25, 0.35, 0.4],
    [0.6, 0.65, 0.75, 0.8],
    [0.8, 0.85, 0.95, 1.0],
]
ORACLE_ELEMENTWISE = [
    [0.0, 0.04, 0.12, 0.16],
    [0.25, 0.28, 0.34, 0.37],
    [0.75, 0.76, 0.78, 0.79],
    [1.0, 1.0, 1.0, 1.0],
]


def _oracle() -> tuple[Any, ...]:
    model, x = oracle_network(), torch.zeros(1, 3, 4, 4)
    x[0, 0] = torch.arange(16.0).view(4, 4)
    return model, model.conv, x, 0


def _heatmap_like(condition: Any) -> Any:
    """A predicate on the heatmap of a returned (heatmap, class index)."""
    return lambda got: bool(condition(torch.as_tensor(got[0]).detach()))


COMMON = (
    Misconception(
        "wrong_shape",
        "The heatmap has axes of length 1 left over. Return a plain [H, W].",
        when=_heatmap_like(lambda h: h.ndim > 2 and h.squeeze().ndim == 2),
    ),
    Misconception(
        "not_upsampled",
        "The heatmap has the size of the layer's maps. Step 6 brings it to the height and width of `x`.",
        when=_heatmap_like(lambda h: h.squeeze().numel() in (4, 6)),
    ),
    Misconception(
        "relu_left_out",
        "Some values of the heatmap are negative: was the ReLU left out?",
        when=_heatmap_like(lambda h: h.min() < -1e-6),
    ),
    Misconception(
        "scale_before_upsampling",
        "The largest value of the heatmap is not 1. Upsample first, then divide by the maximum of what came "
        "out.",
        when=_heatmap_like(lambda h: h.ndim == 2 and 1e-6 < h.max() < 0.999),
    ),
    Misconception(
        "not_scaled",
        "The largest value of the heatmap is above 1. Divide by the maximum at the end.",
        when=_heatmap_like(lambda h: h.ndim == 2 and h.max() > 1.001),
    ),
)

GRAD_CAM = Task(
    name="grad_cam",
    points=6,
    examples=(
        Example(
            "the colour spotter's first choice (class_index left at None)",
            lambda: spotter(None),
            (tensor(RED), 1),
            (
                Misconception(
                    "relu_after_upsampling",
                    "The ReLU came after the upsampling. Apply it to the small map, then upsample.",
                    (tensor(RED_RELU_AFTER), 1),
                ),
                Misconception(
                    "align_corners",
                    "The values fit bilinear upsampling with `align_corners=True`. Use "
                    "`align_corners=False`.",
                    (tensor(RED_ALIGNED), 1),
                ),
                Misconception(
                    "nearest",
                    "The heatmap comes in blocks: it was upsampled with `nearest`. Use `bilinear`.",
                    (tensor(RED_NEAREST), 1),
                ),
                Misconception(
                    "probability_for_logit",
                    "These values come from the softmax probability. The score is the logit: no softmax "
                    "before the gradient.",
                    (tensor(RED_PROBABILITY), 1),
                ),
                Misconception(
                    "activations_only",
                    "This is the mean of the activation maps; the gradients play no part in it yet.",
                    (tensor(RED_MEAN_ACTIVATION), 1),
                ),
                Misconception(
                    "wrong_class",
                    "This is the heatmap of class 0. With None, the class is the one with the largest logit.",
                    (tensor(BLUE), 0),
                ),
                *COMMON,
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "the same picture, class 0 asked for",
            lambda: spotter(0),
            (tensor(BLUE), 0),
            (
                Misconception(
                    "zero_taken_for_none",
                    "This is the heatmap of the predicted class. Class 0 is a class: test `class_index is "
                    "None`.",
                    (tensor(RED), 1),
                ),
                Misconception(
                    "index_ignored",
                    "The index is right, and the heatmap is that of the predicted class. Take the gradient "
                    "of the class asked for.",
                    (tensor(RED), 0),
                ),
                *COMMON,
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "the two-filter network, whose gradients differ from cell to cell",
            _oracle,
            (tensor(ORACLE), 0),
            (
                Misconception(
                    "min_max_scaling",
                    "The smallest value was moved to 0. Divide by the maximum alone; do not subtract the "
                    "minimum.",
                    (tensor(ORACLE_MIN_MAX), 0),
                ),
                Misconception(
                    "elementwise",
                    "Gradients and maps were multiplied cell by cell. First average the gradients to one "
                    "weight a channel.",
                    (tensor(ORACLE_ELEMENTWISE), 0),
                ),
                Misconception(
                    "probability_for_logit",
                    "The heatmap is empty. Does the gradient start at the logit of the class, without a "
                    "softmax?",
                    (torch.zeros(4, 4), 0),
                ),
                *COMMON,
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "a class with no positive evidence anywhere",
            lambda: spotter(3),
            (torch.zeros(4, 6), 3),
            (
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 gives NaN. Divide only where the maximum is above 0.",
                    when=_heatmap_like(lambda h: h.isnan().any()),
                ),
                Misconception(
                    "relu_left_out",
                    "Every cell speaks against this class, and yet the heatmap is bright: was the ReLU left "
                    "out?",
                    when=_heatmap_like(lambda h: h.min() > 1e-6),
                ),
                *COMMON[:3],
            ),
            errors=(NO_GRAPH,),
        ),
        Example(
            "a model whose parameters are all frozen",
            lambda: spotter(1, frozen=True),
            (tensor(RED), 1),
            COMMON,
            errors=(NO_GRAPH,),
        ),
    ),
    hints=(
        "Two things must be kept from one forward pass: the layer's output, and the logits.",
        "A forward hook can put the layer's output into a dict; `try: ... finally: handle.remove()` takes it "
        "off again.",
        "`torch.autograd.grad(score, activations)` gives the gradients (a tuple of one) and leaves no "
        "`.grad` anywhere.",
        "Frozen parameters build no graph. Run the model on `x.detach().clone().requires_grad_()`.",
        "Then the small map: your two functions, and the ReLU. `F.interpolate` wants four axes and "
        "`size=x.shape[-2:]`. "
        "Divide by the maximum only if it is above 0, and return the heatmap detached, on the CPU.",
    ),
)
