"""Expected values by plain autograd, written independently of the solutions.

Where a published definition exists the function names it; the tests hold these against Captum and against the small
network whose values are known by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle


def forward_with(model: nn.Module, layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, the layer's output and the input, all in one graph that reaches back to the input.

    The output handed on is a clone, so that a later in-place ReLU cannot overwrite what is kept. Works on a frozen model,
    because the input requires a gradient.
    """
    kept: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        kept.append(output)
        return output.clone()

    source = x.detach().clone().requires_grad_(True)
    handle = layer.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            logits = model(source)
    finally:
        handle.remove()
    return logits, kept[0], source


def output_and_gradient(
    model: nn.Module, layer: nn.Module, x: Tensor, class_index: int
) -> tuple[Tensor, Tensor]:
    """The layer's output and the gradient of the class's logit with respect to it, both detached."""
    logits, output, _ = forward_with(model, layer, x)
    return output.detach(), gradient_at(output, logits[:, class_index])


def gradient_at(output: Tensor, score: Tensor) -> Tensor:
    """The gradient of a score, summed, at a layer's output of the same pass; the graph stays for further scores."""
    if not output.requires_grad:
        return torch.zeros_like(output)
    (gradient,) = torch.autograd.grad(score.sum(), output, retain_graph=True)
    return gradient.detach()


def predicted_class(model: nn.Module, x: Tensor) -> int:
    """Index of the largest logit."""
    with torch.no_grad():
        return int(model(x)[0].argmax())


# How far two logits must be apart, as a share of the spread of all: rounding never changes their order then.
_CLEAR = 0.02
# A heatmap's largest value before scaling; far above any small number that is added against a division by zero.
_PEAK = 2e-3


def clear_order(model: nn.Module, x: Tensor) -> list[int] | None:
    """All classes, most probable first; ``None`` where two neighbours in this order are too close to call."""
    with torch.no_grad():
        logits, order = model(x)[0].sort(descending=True)
    gaps = logits[:-1] - logits[1:]
    clear = bool((gaps > max(_CLEAR * float(logits[0] - logits[-1]), 1e-3)).all())
    return [int(c) for c in order] if clear else None


def clear_winner(model: nn.Module, x: Tensor) -> int | None:
    """The predicted class; ``None`` where the second is too close."""
    with torch.no_grad():
        logits, order = model(x)[0].sort(descending=True)
    gap, spread = float(logits[0] - logits[1]), float(logits[0] - logits[-1])
    return int(order[0]) if gap > max(_CLEAR * spread, 1e-3) else None


def telling_heatmap(model: nn.Module, layer: nn.Module, x: Tensor, class_index: int) -> Tensor | None:
    """The Grad-CAM heatmap; ``None`` where next to nothing in it is positive, so that it would tell little."""
    return telling(*output_and_gradient(model, layer, x, class_index), (x.shape[2], x.shape[3]))


def telling(output: Tensor, gradient: Tensor, size: tuple[int, int]) -> Tensor | None:
    """The same from a layer's output and gradient."""
    small = grad_cam_small(output, gradient)
    terms = torch.einsum("c,chw->hw", gradient[0].mean((1, 2)).abs(), output[0].abs())
    faint = small.max() < _PEAK or small.max() < 0.05 * terms.max()
    if faint or (small > 0).float().mean() < 0.1:
        return None
    return grad_cam_heatmap(output, gradient, size)


def upsample(
    small: Tensor, size: tuple[int, int], mode: str = "bilinear", align_corners: bool | None = False
) -> Tensor:
    """``[h, w]`` → ``[H, W]``, bilinear with ``align_corners=False`` unless said otherwise."""
    corners = None if mode == "nearest" else align_corners
    return F.interpolate(small[None, None], size=tuple(size), mode=mode, align_corners=corners)[0, 0]


def divide_by_maximum(heatmap: Tensor) -> Tensor:
    """Scaled so that the maximum is 1; a map with nothing positive becomes zeros."""
    top = heatmap.max()
    return heatmap / top if top > 0 else torch.zeros_like(heatmap)


def grad_cam_small(output: Tensor, gradient: Tensor) -> Tensor:
    """Grad-CAM before the ReLU, ``[h, w]``: Selvaraju et al. 2017, equations 1 and 2."""
    return torch.einsum("c,chw->hw", gradient[0].mean((1, 2)), output[0])


def grad_cam_heatmap(output: Tensor, gradient: Tensor, size: tuple[int, int]) -> Tensor:
    """The Grad-CAM heatmap ``[H, W]`` in [0, 1] as the course defines it: ReLU, upsample, divide by the maximum."""
    return divide_by_maximum(upsample(grad_cam_small(output, gradient).relu(), size))


class _PassPositive(torch.autograd.Function):
    """Forward: the value given. Backward: the positive part of the incoming gradient, straight to the input."""

    @staticmethod
    def forward(ctx: Any, before: Tensor, after: Tensor) -> Tensor:
        return after.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient.clamp(min=0), None


def guided_backprop(model: nn.Module, x: Tensor, class_index: int) -> Tensor:
    """Guided backpropagation ``[3, H, W]``: Springenberg et al. 2015, figure 1.

    A tensor hook on what each ReLU returns keeps the positive part of the incoming gradient; the ReLU's own backward
    then lets through what plain backpropagation would. Per output, so a module used twice is met twice.
    """

    def keep_positive(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        output.register_hook(lambda gradient: gradient.clamp(min=0))

    return _input_gradient(model, x, class_index, lambda relu: [relu.register_forward_hook(keep_positive)])


def deconvnet(model: nn.Module, x: Tensor, class_index: int) -> Tensor:
    """Deconvnet ``[3, H, W]``: Zeiler and Fergus 2014; each ReLU passes the positive part of what comes in from above.

    Takes it that nothing else in the model reads a tensor that an in-place ReLU overwrites, since the ReLU here works on a
    copy.
    """
    entered: list[Tensor] = []

    def enter(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        entered.append(inputs[0])
        return (inputs[0].clone(),)

    def leave(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        return _PassPositive.apply(entered.pop(), output.detach())

    return _input_gradient(
        model,
        x,
        class_index,
        lambda relu: [relu.register_forward_pre_hook(enter), relu.register_forward_hook(leave)],
    )


def _input_gradient(
    model: nn.Module, x: Tensor, class_index: int, on_relu: Callable[[nn.Module], list[RemovableHandle]]
) -> Tensor:
    """Gradient of the class's logit with respect to the input, with hooks on every ReLU module meanwhile."""
    relus = [module for module in model.modules() if isinstance(module, (nn.ReLU, nn.ReLU6))]
    handles = [handle for relu in relus for handle in on_relu(relu)]
    source = x.detach().clone().requires_grad_(True)
    try:
        with torch.enable_grad():
            score = model(source)[0, class_index]
        (gradient,) = torch.autograd.grad(score, source)
    finally:
        for handle in handles:
            handle.remove()
    return gradient[0]


def saliency(model: nn.Module, x: Tensor, class_index: int) -> Tensor:
    """Saliency ``[H, W]``: Simonyan et al. 2014, section 3.1; the largest absolute gradient over the channels."""
    return _input_gradient(model, x, class_index, lambda relu: []).abs().amax(0)


def energy_inside(heatmap: Tensor, mask: Tensor) -> float:
    """Share of a non-negative map's sum that lies inside a mask (Wang et al. 2020, energy-based pointing game)."""
    total = float(heatmap.sum())
    return float(heatmap[mask].sum()) / total if total > 0 else 0.0


def occlusion(
    model: nn.Module, x: Tensor, class_index: int, patch: int = 32, stride: int = 16, fill: float = 0.0
) -> Tensor:
    """Occlusion ``[rows, cols]``: Zeiler and Fergus 2014, section 4.2; fall of the class's softmax probability.

    All covered copies go through the model as one batch.
    """
    corners = [
        (top, left)
        for top in range(0, x.shape[2] - patch + 1, stride)
        for left in range(0, x.shape[3] - patch + 1, stride)
    ]
    covered = x.detach().repeat(len(corners) + 1, 1, 1, 1)
    for copy, (top, left) in zip(covered[1:], corners, strict=True):
        copy[:, top : top + patch, left : left + patch] = fill
    with torch.no_grad():
        shares = model(covered).softmax(1)[:, class_index]
    rows = (x.shape[2] - patch) // stride + 1
    return (shares[0] - shares[1:]).view(rows, -1)
