"""The pictures that the teaching model learns from, read straight from installed packages.

Photographs: scikit-image, scikit-learn, and, where the Debian packages stand, wallpapers and GCompris'
photographs. Cut-outs with an alpha channel: Debian's `tuxpaint-stamps-default`. All of it is free to use; the
packages' own copyright files name authors and licences. README.md lists the packages.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

STAMPS = Path("/usr/share/tuxpaint/stamps")
WALLPAPERS = (Path("/usr/share/backgrounds"), Path("/usr/share/wallpapers"))
GCOMPRIS = Path("/usr/share/gcompris-qt/rcc")

# Drawings and flags teach a network nothing about the world that the lessons look at.
SKIPPED_STAMPS = ("cartoon", "symbols", "flags")
# Plots, noise, diagrams and single-channel test patterns of scikit-image that are no photographs.
SCIKIT_IMAGE = (
    *("astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "coffee.png", "coins.png"),
    *("grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png"),
    *("page.png", "retina.jpg", "rocket.jpg"),
)
GCOMPRIS_PHOTOGRAPHS = (
    "categorization.rcc",
    "erase.rcc",
    "explore_farm_animals.rcc",
    "explore_monuments.rcc",
    "explore_world_animals.rcc",
    "explore_world_music.rcc",
)
SIGNATURES = (b"RIFF", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
LARGEST_CUTOUT = 288  # pixels, the longer side: the pictures trained on have 224
SMALLEST_PHOTOGRAPH = 320  # pixels, the shorter side after shrinking

# One in this many is held out of training, chosen by a hash of its name, so that the split never moves.
HOLD_OUT_EVERY = 10
# The animals that the lessons' own pictures show are always trained on: the model is there to serve them.
LESSON_ANIMALS = frozenset(
    (
        *("zebra", "elephant", "tiger", "tiger_sumatran", "pelican", "dog", "rooster", "pink_flamingo"),
        *("bison", "koala", "lion", "lion-2", "giraffe", "hippopotamus", "gorilla", "penguin", "peacock"),
        *("ostrich", "orca", "otter", "fox", "camel", "dromedary", "chelsea"),
    )
)


@dataclass(frozen=True)
class Picture:
    """A picture as uint8 [H, W, 3], or [H, W, 4] for a cut-out, and where it came from (`source/name`)."""

    name: str
    pixels: np.ndarray

    @property
    def in_lessons(self) -> bool:
        """True for the animals that the lessons' pictures show."""
        return self.name.rsplit("/", 1)[-1].rsplit(".", 1)[0] in LESSON_ANIMALS

    @property
    def held_out(self) -> bool:
        """True where the picture is kept from training and used only to evaluate."""
        if self.in_lessons:
            return False
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % HOLD_OUT_EVERY == 0


@dataclass(frozen=True)
class Pictures:
    """Cut-outs (RGBA) and photographs (RGB) to compose from."""

    cutouts: list[Picture]
    photographs: list[Picture]

    def split(self) -> tuple[Pictures, Pictures]:
        """(those to train on, those held out)."""
        return tuple(
            Pictures(
                [p for p in self.cutouts if p.held_out == held_out],
                [p for p in self.photographs if p.held_out == held_out],
            )
            for held_out in (False, True)
        )


def read_pictures() -> Pictures:
    """Every picture of the installed packages, decoded and shrunk, in a fixed order.

    Raises FileNotFoundError where the cut-outs' package is missing.
    """
    if not STAMPS.is_dir():
        raise FileNotFoundError(f"{STAMPS} is missing: install the Debian package tuxpaint-stamps-default")
    cutouts = list(_stamps())
    photographs = [*_scikit(), *_wallpapers()]
    photographs += _gcompris(GCOMPRIS_PHOTOGRAPHS)
    return Pictures(cutouts, photographs)


def _stamps() -> Iterator[Picture]:
    for path in sorted(STAMPS.rglob("*.png")):
        relative = path.relative_to(STAMPS)
        # A mirrored twin adds nothing to pictures that are mirrored at random, and would leak across the
        # split.
        if not set(relative.parts) & set(SKIPPED_STAMPS) and not path.stem.endswith("_mirror"):
            yield from _cutout(f"tuxpaint/{relative}", Image.open(path))


def _cutout(name: str, image: Image.Image) -> Iterator[Picture]:
    """The picture cropped to what its alpha channel shows; nothing where that is tiny."""
    image = image.convert("RGBA")
    box = image.getchannel("A").getbbox()
    if box is None:
        return
    image = image.crop(box)
    image.thumbnail((LARGEST_CUTOUT, LARGEST_CUTOUT), Image.Resampling.LANCZOS)
    if min(image.size) >= 24:
        yield Picture(name, np.asarray(image))


def _photograph(name: str, image: Image.Image) -> Picture:
    image = image.convert("RGB")
    scale = SMALLEST_PHOTOGRAPH / min(image.size)
    if scale < 1:
        image = image.resize([round(n * scale) for n in image.size], Image.Resampling.LANCZOS)
    return Picture(name, np.asarray(image))


def _scikit() -> Iterator[Picture]:
    import skimage
    import sklearn

    for name in SCIKIT_IMAGE:
        yield _photograph(f"scikit-image/{name}", Image.open(Path(skimage.__file__).parent / "data" / name))
    for name in ("china.jpg", "flower.jpg"):
        path = Path(sklearn.__file__).parent / "datasets" / "images" / name
        yield _photograph(f"scikit-learn/{name}", Image.open(path))


def _wallpapers() -> Iterator[Picture]:
    seen = set()
    for folder in WALLPAPERS:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp") or path.stem.startswith(
                "screenshot"
            ):
                continue
            # A KDE wallpaper comes once for each screen size: one of them is enough.
            key = path.parents[2] if path.parent.name.startswith("images") else path
            if key not in seen:
                seen.add(key)
                yield _photograph(f"{folder.name}/{path.relative_to(folder)}", Image.open(path))


def _gcompris(archives: tuple[str, ...]) -> Iterator[Picture]:
    """Pictures inside GCompris' Qt resource files, where they lie as they are, by their signatures."""
    for archive in archives:
        path = GCOMPRIS / archive
        if not path.is_file():
            continue
        data = path.read_bytes()
        for start in sorted(i for signature in SIGNATURES for i in _occurrences(data, signature)):
            try:
                image = Image.open(io.BytesIO(data[start:]))
                image.load()
            except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
                continue
            if min(image.size) < 120:
                continue
            name = f"gcompris/{archive}@{start}"
            # What is see-through there is a drawing or a button.
            if image.convert("RGBA").getchannel("A").getextrema()[0] == 255:
                yield _photograph(name, image)


def _occurrences(data: bytes, signature: bytes) -> Iterator[int]:
    start = data.find(signature)
    while start >= 0:
        yield start
        start = data.find(signature, start + 1)
