"""The set of lesson 8: small animals with hooves or with paws on drawn land, and a blue tag that may be planted.

Two things come with it that a real set never brings: the exact mask of every animal, and that of every tag. So
it can be measured which of the two a network looks at. Photographs have such marks by themselves: in PASCAL VOC a
publisher's tag stood in a fifth of the pictures of horses (Lapuschkin et al. 2019).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from course_utils.birds import background
from course_utils.composites import Placement, paste
from course_utils.images import PictureError, load_picture

CLASSES = ("hooves", "paws")
"""What the labels 0 and 1 stand for."""
HOOVES = (
    "bison bull cow white_cow young_gnu gnu goat chamois ram sheep lamb yak zebu camel dromedary caribou deer doe "
    "wapiti donkey horse zebra giraffe pig golden_pig wild_boar"
)
PAWS = (
    "badger bear brown_bear lion tiger dingo malamute fox ferret otter spotted_rabbit house_mouse white_rabbit "
    "running_rabbit rat squirrel beaver capybara marmot kangaroo koala wombat chimpanzee gorilla"
)
ANIMALS = tuple(names.split() for names in (HOOVES, PAWS))
SPLITS = ("train", "test")
TRAIN_SHARE = 2 / 3
SIZE = 192
# The animal's longer side and its centre, as shares of the picture's side: small, so that there is something to do.
SCALES, CENTRES = (0.30, 0.42), (0.4, 0.6)
TAG_SIDE, TAG_OFFSET = 3 / 16, 6
# The tag: a football on blue. Pretrained features know a ball, so a network need not learn first what the tag looks like.
TAG_PICTURE, TAG_COLOUR = "soccer_ball", (30, 60, 200)


@dataclass(frozen=True, eq=False)
class AnimalSet:
    """N pictures with a side of S pixels.

    images: uint8 [N, 3, S, S]. labels: int64 [N], indices into CLASSES. animals, tags: bool [N, S, S], the pixels of
    the animal and those of the tag (none where there is no tag). names: the cut-out in each picture.
    """

    images: Tensor
    labels: Tensor
    animals: Tensor
    tags: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)


def split_animals(seed: int) -> dict[str, tuple[list[str], list[str]]]:
    """The cut-outs of each class by split ("train", "test"); no animal is in both."""
    rng = np.random.default_rng([seed, 1])
    split: dict[str, tuple[list[str], list[str]]] = {part: ([], []) for part in SPLITS}
    for label, names in enumerate(ANIMALS):
        order = [names[i] for i in rng.permutation(len(names))]
        cut = round(TRAIN_SHARE * len(order))
        split["train"][label].extend(order[:cut])
        split["test"][label].extend(order[cut:])
    return split


def tagged_animals(
    count: int, tagged: Iterable[float], seed: int, split: str = "train", size: int = SIZE
) -> AnimalSet:
    """Draw `count` pictures, half of each class, in a drawn order.

    tagged: for each class the share of its pictures that bear the tag, met as exactly as the count allows: (1, 0)
    plants a shortcut, (0.5, 0.5) makes the tag say nothing. The same count, seed and split give the same animals on
    the same land, whatever is tagged: two sets differ in the tags alone. size: the side in pixels.

    Raises PictureError for arguments that no set can be made of.
    """
    shares = tuple(tagged)
    if split not in SPLITS:
        raise PictureError(f"there is no split {split!r}: use 'train' or 'test'")
    if len(shares) != len(CLASSES) or not all(0 <= share <= 1 for share in shares):
        raise PictureError(f"tagged is {shares}: give a share from 0 to 1 for each of {', '.join(CLASSES)}")
    if count < 2 or size < 64:
        raise PictureError(f"{count} pictures of {size} pixels make no set: at least 2, and 64 pixels a side")
    rng = np.random.default_rng([seed, 2, SPLITS.index(split), count])
    names, labels = split_animals(seed)[split], np.arange(count) % 2
    turn = rng.permutation(count // 2 + 1)
    images, animals, tags, shown = [], [], [], []
    for i, label in enumerate(labels):
        name = names[label][(i // 2) % len(names[label])]
        place = Image.fromarray(background("land", size, rng))
        x, y = rng.uniform(*CENTRES, 2)
        placement = Placement(name, x, y, rng.uniform(*SCALES), bool(rng.random() < 0.5))
        scene = paste(place, [placement])
        corner = _corner(size, rng)
        members = (count + 1 - label) // 2
        rank = int((turn[turn < members] == i // 2).argmax())
        here = np.zeros((size, size), dtype=bool)
        picture = scene.image
        if rank < round(shares[label] * members):
            picture, here = _with_tag(picture, corner)
        images.append(np.asarray(picture))
        animals.append(scene.masks[name] & ~here)
        tags.append(here)
        shown.append(name)
    order = rng.permutation(count)
    return AnimalSet(
        images=torch.from_numpy(np.stack(images)[order]).permute(0, 3, 1, 2).contiguous(),
        labels=torch.from_numpy(labels[order]),
        animals=torch.from_numpy(np.stack(animals)[order]),
        tags=torch.from_numpy(np.stack(tags)[order]),
        names=tuple(shown[i] for i in order),
    )


def _corner(size: int, rng: np.random.Generator) -> tuple[int, int]:
    """The tag's left upper pixel: close to one of the picture's four corners."""
    side = round(TAG_SIDE * size)
    near, far = rng.integers(0, TAG_OFFSET + 1, 2), size - side - rng.integers(0, TAG_OFFSET + 1, 2)
    left, top = np.where(rng.random(2) < 0.5, near, far)
    return int(left), int(top)


def _with_tag(picture: Image.Image, corner: tuple[int, int]) -> tuple[Image.Image, np.ndarray]:
    """The picture with the tag there, and the tag's pixels."""
    side = round(TAG_SIDE * picture.width)
    ball = ImageOps.contain(load_picture(TAG_PICTURE), (side, side), Image.Resampling.LANCZOS)
    tag = Image.new("RGB", (side, side), TAG_COLOUR)
    tag.paste(ball, ((side - ball.width) // 2, (side - ball.height) // 2), mask=ball)
    tagged = picture.copy()
    tagged.paste(tag, corner)
    where = np.zeros((picture.height, picture.width), dtype=bool)
    where[corner[1] : corner[1] + side, corner[0] : corner[0] + side] = True
    return tagged, where
