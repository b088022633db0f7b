"""Pictures put together from cut-outs, with exact masks: the ground truth for every heatmap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps
from torchvision.models import ResNet18_Weights

from course_utils.images import PictureError, load_picture, on_white, picture_info

# A pixel belongs to a cut-out where the cut-out covers at least half of it.
HALF_COVERED = 128
Background = str | tuple[int, int, int] | Image.Image
# ImageNet's mean colour: the background that says least to a network.
NEUTRAL = (124, 116, 104)
# Each animal keeps to this share of the picture's width and height, its centre this far from its own edge. So
# it is whole even after `preprocess` has cut an eighth off the picture, and a last map's cell seldom covers
# both.
ANIMAL_WIDTH, ANIMAL_HEIGHT, ANIMAL_CENTRE = 0.36, 0.85, 0.245
# Pairs (left, right) for which Grad-CAM on EfficientNet-Lite0 puts at least 0.91 of the energy of either
# class into that animal's half, and both classes are among its 15 most probable of 1000.
PAIRS = (
    ("flamingo", "king_penguin"),
    ("brown_bear", "toucan"),
    ("elephant", "hen"),
    ("flamingo", "gorilla"),
    ("elephant", "rooster"),
    ("malamute", "king_penguin"),
    ("brown_bear", "mallard"),
    ("malamute", "rooster"),
    ("flamingo", "bison"),
    ("zebra", "hen"),
)


@dataclass(frozen=True)
class Placement:
    """Where a cut-out goes.

    name: a bundled cut-out. x, y: its centre, as shares of the picture's width and height. scale: its longer
    side, as a share of the picture's shorter side. flip: mirrored left to right. label: its key among the
    masks, the name where empty (needed where one cut-out is pasted twice).
    """

    name: str
    x: float = 0.5
    y: float = 0.5
    scale: float = 0.5
    flip: bool = False
    label: str = ""

    @property
    def key(self) -> str:
        """The placement's key among the masks."""
        return self.label or self.name


@dataclass(frozen=True, eq=False)
class Composite:
    """A picture (PIL RGB) and, for each cut-out in it, the pixels where it is seen (bool, [H, W])."""

    image: Image.Image
    masks: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class TwoAnimals(Composite):
    """Two animals side by side. names: left, right. labels: their ImageNet class indices, left and right."""

    names: tuple[str, str]
    labels: tuple[int, int]


def paste(background: Image.Image, cutouts: Sequence[Placement]) -> Composite:
    """Paste cut-outs on a background, in order, so that a later one hides an earlier one.

    background: any PIL picture; it is left as it is. What reaches over the edge is cut off. Raises
    PictureError for a name that is no cut-out, two equal keys, a scale that is not positive, or a cut-out
    that nobody would see.
    """
    picture = on_white(background).convert("RGBA")
    masks: dict[str, np.ndarray] = {}
    for placement in cutouts:
        if placement.key in masks:
            raise PictureError(f"{placement.key!r} is placed twice: give one of them a label of its own")
        layer = Image.new("RGBA", picture.size)
        cutout = _scaled(placement, picture.size)
        corner = (
            round(placement.x * picture.width - cutout.width / 2),
            round(placement.y * picture.height - cutout.height / 2),
        )
        layer.paste(cutout, corner)
        picture = Image.alpha_composite(picture, layer)
        covered = np.asarray(layer.getchannel("A")) >= HALF_COVERED
        masks = {key: mask & ~covered for key, mask in masks.items()} | {placement.key: covered}
    for key, mask in masks.items():
        if not mask.any():
            raise PictureError(f"nothing of {key!r} is seen: move it into the picture, or off what hides it")
    return Composite(picture.convert("RGB"), masks)


def _scaled(placement: Placement, size: tuple[int, int]) -> Image.Image:
    """The cut-out (RGBA) at the size and the way round that its placement asks for."""
    if picture_info(placement.name).kind != "cutout":
        raise PictureError(f"{placement.name!r} is a photograph: list_pictures('cutout') gives the cut-outs")
    if not placement.scale > 0:
        raise PictureError(f"{placement.name!r} has scale {placement.scale}: use one above 0, such as 0.5")
    cutout = load_picture(placement.name)
    factor = placement.scale * min(size) / max(cutout.size)
    width, height = (max(1, round(side * factor)) for side in cutout.size)
    cutout = cutout.resize((width, height), Image.Resampling.LANCZOS)
    return ImageOps.mirror(cutout) if placement.flip else cutout


def make_background(background: Background, size: int) -> Image.Image:
    """A square RGB picture of side `size`: a photograph (its name or PIL), centred, or one colour."""
    if isinstance(background, tuple):
        return Image.new("RGB", (size, size), background)
    if isinstance(background, str):
        background = load_picture(background)
    return ImageOps.fit(on_white(background), (size, size), Image.Resampling.LANCZOS)


def class_index(name: str) -> int:
    """The ImageNet index of the class that a bundled picture shows; PictureError where it shows none."""
    classes = picture_info(name).classes
    if not classes:
        raise PictureError(
            f"{name!r} shows none of ImageNet's classes: picture_info(name).classes lists them"
        )
    return ResNet18_Weights.IMAGENET1K_V1.meta["categories"].index(classes[0])


def two_animals(left: str, right: str, background: Background = NEUTRAL, size: int = 224) -> TwoAnimals:
    """Two cut-outs side by side, each within its own half, with their masks and ImageNet classes.

    left, right: names of different cut-outs that show an ImageNet class (`PAIRS` lists pairs that work well).
    background: a photograph's name, a PIL picture or a colour (r, g, b). size: the side in pixels.
    To keep the masks exact, give the network `normalise(image)`; or, where the picture goes through
    `preprocess`, which zooms in, put the masks through `preprocess_mask`. Raises PictureError for names that
    cannot be used.
    """
    labels = (class_index(left), class_index(right))
    placements = [
        Placement(name, x, 0.5, _scale_within(name, ANIMAL_WIDTH, ANIMAL_HEIGHT))
        for name, x in ((left, ANIMAL_CENTRE), (right, 1 - ANIMAL_CENTRE))
    ]
    composite = paste(make_background(background, size), placements)
    return TwoAnimals(composite.image, composite.masks, (left, right), labels)


def _scale_within(name: str, width: float, height: float) -> float:
    """The largest `Placement.scale` at which the cut-out stays within these shares of a square picture."""
    across, down = picture_info(name).size
    return max(across, down) * min(width / across, height / down)
