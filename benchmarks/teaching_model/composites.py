"""Random training pictures: cut-outs on photographs, photographs alone, two things side by side."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageFilter

from benchmarks.teaching_model.pictures import Picture, Pictures

# How often a picture of the lessons' own animals is drawn, beside once for any other.
LESSON_WEIGHT = 12
BILINEAR = Image.Resampling.BILINEAR


class Composites(torch.utils.data.Dataset):
    """Item (number, side) → uint8 [3, side, side]; the same number always gives the same picture."""

    def __init__(self, pictures: Pictures, seed: int):
        self.pictures = Pictures(_weighted(pictures.cutouts), _weighted(pictures.photographs))
        self.seed = seed

    def __getitem__(self, item: tuple[int, int]) -> torch.Tensor:
        number, side = item
        rng = np.random.default_rng([self.seed, number])
        image = compose(self.pictures, side, rng)
        if rng.random() < 0.08:
            image = image.filter(ImageFilter.GaussianBlur(side / 224 * rng.uniform(0.5, 2.0)))
        return torch.from_numpy(recolour(np.asarray(image), rng)).permute(2, 0, 1).contiguous()


def _weighted(pictures: list[Picture]) -> list[Picture]:
    """The list with the lessons' animals several times over, so that they are drawn more often."""
    return [p for p in pictures for _ in range(LESSON_WEIGHT if p.in_lessons else 1)]


def compose(pictures: Pictures, side: int, rng: np.random.Generator) -> Image.Image:
    """One random picture: a photograph alone (1 in 5), two halves (3 in 10), or up to three cut-outs."""
    kind = rng.random()
    image = background(pictures, side, rng)
    if kind < 0.2:
        return image
    if kind < 0.5:
        for left in (0, side // 2):
            paste(image, pictures, rng.uniform(0.42, 0.75) * side, rng, (left, left + side // 2))
        return image
    for _ in range(rng.choice([1, 2, 3], p=[0.65, 0.25, 0.1])):
        paste(image, pictures, rng.uniform(0.35, 1.0) * side, rng, (0, side))
    return image


def background(pictures: Pictures, side: int, rng: np.random.Generator) -> Image.Image:
    """A random crop of a random photograph, mirrored every other time; a smooth gradient 1 time in 10."""
    if rng.random() < 0.1:
        corners = rng.integers(0, 256, (2, 2, 3), dtype=np.uint8)
        if rng.random() < 0.5:
            corners[:] = corners[0, 0]
        return Image.fromarray(corners).resize((side, side), BILINEAR)
    pixels = pictures.photographs[rng.integers(len(pictures.photographs))].pixels
    height, width = pixels.shape[:2]
    crop = min(height, width) * rng.uniform(0.35, 1.0)
    ratio = np.exp(rng.uniform(-0.3, 0.3))
    w, h = min(width, crop * ratio), min(height, crop / ratio)
    left, top = rng.uniform(0, width - w), rng.uniform(0, height - h)
    image = Image.fromarray(pixels).resize((side, side), BILINEAR, box=(left, top, left + w, top + h))
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else image


def paste(
    image: Image.Image, pictures: Pictures, size: float, rng: np.random.Generator, columns: tuple[int, int]
) -> None:
    """Paste a random cut-out into `image`, its longer side `size` pixels, its centre within `columns`."""
    cutout = Image.fromarray(pictures.cutouts[rng.integers(len(pictures.cutouts))].pixels)
    if rng.random() < 0.5:
        cutout = cutout.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    scale = size / max(cutout.size)
    stretch = np.exp(rng.uniform(-0.1, 0.1))
    target = (max(8, round(cutout.width * scale * stretch)), max(8, round(cutout.height * scale / stretch)))
    cutout = cutout.resize(target, BILINEAR, reducing_gap=2.0)
    if rng.random() < 0.35:
        cutout = cutout.rotate(rng.uniform(-25, 25), BILINEAR, expand=True)
    first, last = columns
    slack_x, slack_y = (last - first) - cutout.width, image.height - cutout.height
    # A cut-out smaller than its place stays whole in it; a larger one is cut off at a side.
    left = first + round(slack_x * rng.uniform(0, 1))
    top = round(slack_y * rng.uniform(0, 1))
    image.paste(cutout, (left, top), cutout)


def recolour(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness, contrast, saturation and white balance changed a little; uint8 [H, W, 3] in and out."""
    x = pixels.astype(np.float32)
    grey = x.mean(axis=2, keepdims=True)
    saturation = 0.0 if rng.random() < 0.04 else rng.uniform(0.6, 1.4)
    x = grey + (x - grey) * saturation
    mean = x.mean()
    x = (x - mean) * rng.uniform(0.7, 1.3) + mean * rng.uniform(0.75, 1.25)
    x *= rng.uniform(0.9, 1.1, 3).astype(np.float32)
    return np.clip(x, 0, 255).astype(np.uint8)
