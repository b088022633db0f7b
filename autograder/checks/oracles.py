"""Expected values by plain autograd, written independently of the solutions.

Where a published definition exists the function names it; the tests hold these against Captum and against the small
network whose values are known by hand.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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


def output_and_gradient(model: nn.Module, layer: nn.Module, x: Tensor, class_index: int) -> tuple[Tensor, Tensor]:
    """The layer's output and the gradient of the class's logit with respect to it, both detached."""
    logits, output, _ = forward_with(model, layer, x)
    score = logits[:, class_index].sum()
    if not output.requires_grad:
        return output.detach(), torch.zeros_like(output)
    (gradient,) = torch.autograd.grad(score, output)
    return output.detach(), gradient.detach()


def predicted_class(model: nn.Module, x: Tensor) -> int:
    """Index of the largest logit."""
    with torch.no_grad():
        return int(model(x)[0].argmax())


def upsample(small: Tensor, size: tuple[int, int], mode: str = "bilinear", align_corners: bool | None = False) -> Tensor:
    """``[h, w]`` → ``[H, W]``, bilinear with ``align_corners=False`` unless said otherwise."""
    options = {} if mode == "nearest" else {"align_corners": align_corners}
    return F.interpolate(small[None, None], size=tuple(size), mode=mode, **options)[0, 0]


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


def energy_inside(heatmap: Tensor, mask: Tensor) -> float:
    """Share of a non-negative map's sum that lies inside a mask (Wang et al. 2020, energy-based pointing game)."""
    total = float(heatmap.sum())
    return float(heatmap[mask].sum()) / total if total > 0 else 0.0
