"""The bird set: waterbirds and landbirds cut out and pasted on water and land, made on the fly.

After Sagawa et al. 2020 (Waterbirds), smaller, and with the two things that photographs never bring: an exact
mask of every bird, and a twin of every picture in which the background alone was swapped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from course_utils.composites import HALF_COVERED
from course_utils.images import PictureError, list_pictures, load_picture

BIRDS = ("landbird", "waterbird")
"""What the labels 0 and 1 stand for."""
PLACES = ("land", "water")
"""What the groups 0 and 1 stand for: the background."""

# Two pictures of one kind of bird stay together: a bird that is new at test is new as a kind, too.
KINDS = (("mallard", "drake"), ("great_blue_heron", "great_blue_heron_flying"), ("hen", "chicken", "rooster"))
TEST_SHARE = 1 / 3
SPLITS = ("train", "test")
# The bird's longer side, as a share of the picture's side; its centre, as shares of width and height.
SCALES, CENTRES = (0.42, 0.70), (0.36, 0.64)


@dataclass(frozen=True, eq=False)
class BirdSet:
    """N pictures of birds. S is the side in pixels.

    images: uint8 [N, 3, S, S]. swapped: their twins, uint8 [N, 3, S, S], the same bird at the same place on the
    other background. masks: bool [N, S, S], the pixels of the bird. labels: int64 [N], indices into BIRDS.
    groups: int64 [N], indices into PLACES. names: the cut-out in each picture.
    """

    images: Tensor
    swapped: Tensor
    masks: Tensor
    labels: Tensor
    groups: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)


def split_birds(seed: int) -> dict[str, dict[str, list[str]]]:
    """The cut-outs by split ("train", "test") and label name; which is where depends on the seed alone."""
    rng = np.random.default_rng([seed, 1])
    split: dict[str, dict[str, list[str]]] = {part: {} for part in SPLITS}
    for label in BIRDS:
        names = list_pictures("cutout", label)
        together = [tuple(n for n in kind if n in names) for kind in KINDS]
        together = [kind for kind in together if kind]
        alone = [(n,) for n in names if not any(n in kind for kind in together)]
        kinds = [*together, *alone]
        test: list[str] = []
        for index in rng.permutation(len(kinds)):
            if len(test) + len(kinds[index]) <= round(TEST_SHARE * len(names)):
                test += kinds[index]
        split["test"][label] = sorted(test)
        split["train"][label] = sorted(set(names) - set(test))
    return split


def bird_set(count: int, correlation: float, seed: int, split: str = "train", size: int = 224) -> BirdSet:
    """Draw `count` pictures, half of them waterbirds.

    correlation: the share of the birds of each label on their own background (waterbirds on water, landbirds on
    land), met as exactly as the count allows: 0.95 is a training set with a shortcut, 0.5 is balanced. seed:
    everything follows from it, and train and test of one seed share no bird. split: "train" or "test". size: the
    side in pixels.

    Raises PictureError for arguments that no set can be made of.
    """
    if split not in SPLITS:
        raise PictureError(f"there is no split {split!r}: use 'train' or 'test'")
    if not 0 <= correlation <= 1:
        raise PictureError(f"a correlation of {correlation} is no share: use one from 0 to 1, such as 0.95")
    if count < 2 or size < 32:
        raise PictureError(f"{count} pictures of {size} pixels make no set: at least 2, and 32 pixels a side")
    rng = np.random.default_rng([seed, 2, SPLITS.index(split), count, round(correlation * 1000)])
    birds = split_birds(seed)[split]
    labels = np.arange(count) % 2
    groups = labels.copy()
    for label in (0, 1):
        own = rng.permutation(np.flatnonzero(labels == label))
        odd = own[round(correlation * len(own)) :]
        groups[odd] = 1 - label
    images = np.empty((2, count, size, size, 3), dtype=np.uint8)
    masks = np.empty((count, size, size), dtype=bool)
    names = _in_turn([birds[BIRDS[label]] for label in (0, 1)], labels, rng)
    for i, name in enumerate(names):
        bird = _placed(name, size, rng)
        masks[i] = np.asarray(bird)[..., 3] >= HALF_COVERED
        for twin, place in enumerate((groups[i], 1 - groups[i])):
            picture = Image.fromarray(background(PLACES[place], size, rng))
            picture.paste(bird, mask=bird)
            images[twin, i] = np.asarray(picture)
    order = rng.permutation(count)
    pictures = torch.from_numpy(images[:, order]).permute(0, 1, 4, 2, 3).contiguous()
    return BirdSet(
        images=pictures[0],
        swapped=pictures[1],
        masks=torch.from_numpy(masks[order]),
        labels=torch.from_numpy(labels[order]),
        groups=torch.from_numpy(groups[order]),
        names=tuple(names[i] for i in order),
    )


def normalised(images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """uint8 [N, 3, H, W] → float32 [N, 3, H, W] as a network wants it: (pixel in [0, 1] - mean) / std."""
    shape = (1, 3, 1, 1)
    return (images.float() / 255 - torch.tensor(mean).view(shape)) / torch.tensor(std).view(shape)


def _in_turn(birds: list[list[str]], labels: np.ndarray, rng: np.random.Generator) -> list[str]:
    """A bird for each label: all of a kind come equally often, in a drawn order."""
    names = [""] * len(labels)
    for label in (0, 1):
        own = np.flatnonzero(labels == label)
        turns = [rng.permutation(birds[label]) for _ in range(len(own) // len(birds[label]) + 1)]
        for i, name in zip(own, np.concatenate(turns)[: len(own)], strict=True):
            names[i] = str(name)
    return names


def _placed(name: str, size: int, rng: np.random.Generator) -> Image.Image:
    """A transparent picture with the bird somewhere near the middle: RGBA, size × size."""
    cutout = load_picture(name)
    factor = rng.uniform(*SCALES) * size / max(cutout.size)
    width, height = (max(1, round(side * factor)) for side in cutout.size)
    cutout = cutout.resize((width, height), Image.Resampling.LANCZOS)
    if rng.random() < 0.5:
        cutout = ImageOps.mirror(cutout)
    x, y = rng.uniform(*CENTRES, size=2) * size
    whole = Image.new("RGBA", (size, size))
    whole.paste(cutout, (round(x - width / 2), round(y - height / 2)))
    return whole


# --- water and land ---------------------------------------------------------------------------------------

# Colours (dark, light), RGB in [0, 1]. Both places have green and grey among them: the hue alone is no proof.
PALETTES = {
    "water": (
        ((0.05, 0.22, 0.36), (0.45, 0.66, 0.78)),
        ((0.04, 0.30, 0.34), (0.48, 0.76, 0.74)),
        ((0.16, 0.24, 0.32), (0.66, 0.74, 0.80)),
        ((0.08, 0.26, 0.24), (0.46, 0.64, 0.56)),
    ),
    "land": (
        ((0.10, 0.20, 0.05), (0.50, 0.62, 0.26)),
        ((0.24, 0.16, 0.08), (0.66, 0.54, 0.36)),
        ((0.16, 0.22, 0.10), (0.62, 0.64, 0.40)),
        ((0.26, 0.24, 0.20), (0.70, 0.66, 0.58)),
    ),
}
SKY = ((0.62, 0.74, 0.88), (0.90, 0.93, 0.97))
SKY_CHANCE = 0.4


def background(place: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """A drawn stretch of "water" or "land", at times under a strip of sky: uint8 [size, size, 3]."""
    dark, light = (np.array(c) for c in PALETTES[place][rng.integers(len(PALETTES[place]))])
    dark, light = (np.clip(c + rng.normal(0, 0.03, 3), 0, 1) for c in (dark, light))
    texture = _waves(size, rng) if place == "water" else _ground(size, rng)
    picture = dark + texture[..., None] * (light - dark)
    if rng.random() < SKY_CHANCE:
        _add_sky(picture, rng)
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)


def _waves(size: int, rng: np.random.Generator) -> np.ndarray:
    """Water: noise drawn out to the sides, and crests that come closer together towards the horizon."""
    rows = np.linspace(0, 1, size)[:, None]
    drift = _noise(size, 4, 3, rng)
    crests = np.sin(2 * np.pi * (rng.uniform(7, 13) * np.sqrt(rows + 0.15) * 2 + 1.6 * drift + rng.random()))
    ripple = _noise(size, 56, 9, rng)
    return _stretched(0.9 * drift + 0.35 * crests + 0.9 * ripple)


def _ground(size: int, rng: np.random.Generator) -> np.ndarray:
    """Land: patches, clods and blades, drawn out upwards as grass is or not at all as gravel is."""
    patches = _noise(size, 4, 4, rng)
    blades = int(rng.integers(10, 40))
    tufts = _noise(size, blades, int(rng.integers(40, 80)), rng)
    grain = _noise(size, size // 3, size // 2, rng)
    return _stretched(0.8 * patches + 0.9 * tufts + 0.6 * grain)


def _noise(size: int, rows: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise with so many cells down and across, [size, size], about -1 to 1."""
    coarse = Image.fromarray(rng.uniform(-1, 1, (rows, columns)).astype(np.float32))
    return np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC), dtype=np.float64)


def _stretched(texture: np.ndarray) -> np.ndarray:
    low, high = np.percentile(texture, (2, 98))
    return ((texture - low) / (high - low)).clip(0, 1)


def _add_sky(picture: np.ndarray, rng: np.random.Generator) -> None:
    """Sky down to a horizon in the upper third, in place."""
    size = len(picture)
    horizon = int(rng.uniform(0.08, 0.3) * size)
    low, high = (np.array(c) for c in SKY)
    clouds = _stretched(_noise(size, 6, 4, rng))[:horizon]
    picture[:horizon] = low + clouds[..., None] * (high - low)
