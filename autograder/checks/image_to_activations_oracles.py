"""What lesson 1's functions should return: torchvision's pipeline, torch's convolution, a count from the end, two runs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

import course_utils  # noqa: F401

# isort: split
# After course_utils, which makes torchvision importable where its compiled operators are missing.
from torchvision.transforms import InterpolationMode, functional

from . import oracles
from .draw import Layer

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def resized(
    image: Image.Image, how: InterpolationMode = InterpolationMode.BILINEAR, side: int = 256
) -> Image.Image:
    """The whole picture with its shorter side made ``side`` pixels long."""
    return functional.resize(image, [side], how)


def finished(image: Image.Image, mean: list[float] = MEAN, std: list[float] = STD) -> Tensor:
    """A picture of the right size as a normalised batch of one."""
    return functional.normalize(functional.to_tensor(image), mean, std)[None]


def pipeline(image: Image.Image) -> Tensor:
    """torchvision's classic pipeline, step by step."""
    return finished(functional.center_crop(resized(image), [224]))


def correlated(image: Tensor, kernel: Tensor, bias: float, padding: int = 0) -> Tensor:
    """Cross-correlation, a layer's own operation, by torch (Goodfellow et al. 2016, equation 9.6)."""
    return F.conv2d(image[None], kernel[None], padding=padding)[0, 0] + bias


def field(layers: list[tuple[int, int]]) -> int:
    """Counted from the output back: n units of a layer need (n-1)·stride + kernel units of its input.

    The other direction than the lesson's (Araujo et al. 2019, equations 1 and 2).
    """
    units = 1
    for kernel, stride in reversed(layers):
        units = (units - 1) * stride + kernel
    return units


def hidden(x: Tensor, box: tuple[int, int, int, int], value: float = 0.0) -> Tensor:
    """The picture with its box filled, by a mask and not by a slice."""
    top, left, bottom, right = box
    rows, cols = torch.arange(x.shape[-2])[:, None], torch.arange(x.shape[-1])
    inside = (rows >= top) & (rows < bottom) & (cols >= left) & (cols < right)
    return torch.where(inside, torch.full_like(x, value), x)


def outputs(layer: Layer, *pictures: Tensor) -> list[Tensor]:
    """The layer's output on each picture, before anything behind it can overwrite it."""
    return [oracles.forward_with(layer.model.module, layer.module, p)[1].detach() for p in pictures]


def change(layer: Layer, x: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    """The mean over the channels of how much the layer's output changes where the box is hidden."""
    before, after = outputs(layer, x, hidden(x, box))
    return (before - after).abs().mean(1)[0]
