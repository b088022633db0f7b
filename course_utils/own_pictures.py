"""A student's own pictures, one folder a class: read, checked, split; every fault is said in one clear line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.transforms import functional

from course_utils.images import PictureError, open_picture

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
LEAST = 4
"""Pictures that each class has to have: fewer cannot be split into train and test with sense."""
MOST = 2_000
SIDES = (64, 512)


class OwnPicturesError(Exception):
    """A folder of pictures cannot be used; the message is one line: what, where, and the remedy."""


@dataclass(frozen=True, eq=False)
class PictureSet:
    """N pictures with a side of S pixels.

    images: uint8 [N, 3, S, S]. labels: int64 [N], indices into classes. names: "class/file" of each.
    """

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def pick(self, indices: Tensor) -> PictureSet:
        """The pictures with these indices, in this order."""
        names = tuple(self.names[i] for i in indices.tolist())
        return PictureSet(self.images[indices], self.labels[indices], self.classes, names)


def read_folder(folder: str | Path, size: int = 192) -> PictureSet:
    """Read a folder that holds one folder for each class: `animals/cat/1.jpg`, `animals/dog/2.png` ...

    size: the side in pixels; each picture is scaled to it and its centre cut out. Classes and files come in
    alphabetical order. Files and folders whose names begin with a dot are passed over.

    Raises OwnPicturesError, always with one line, for a folder that no classifier can be trained on.
    """
    if not isinstance(size, int) or isinstance(size, bool) or not SIDES[0] <= size <= SIDES[1]:
        raise OwnPicturesError(
            f"size is {size!r}: use a whole number of pixels from {SIDES[0]} to {SIDES[1]}"
        )
    files = _files_by_class(_checked_folder(folder))
    images, labels, names = [], [], []
    for label, (name, paths) in enumerate(files.items()):
        for path in paths:
            images.append(functional.pil_to_tensor(_square(_opened(path), size)))
            labels.append(label)
            names.append(f"{name}/{path.name}")
    _refuse_twins(images, labels, names)
    return PictureSet(torch.stack(images), torch.tensor(labels), tuple(files), tuple(names))


def split_pictures(
    pictures: PictureSet, test_share: float = 0.25, seed: int = 0
) -> tuple[PictureSet, PictureSet]:
    """Split into train and test by chance, each class by itself, at least one picture of a class on either side.

    test_share: the share of each class's pictures for the test, above 0 and below 1. seed: the same seed gives the
    same split. Raises OwnPicturesError for a share or a seed that cannot be used.
    """
    if isinstance(test_share, bool) or not isinstance(test_share, (int, float)) or not 0 < test_share < 1:
        raise OwnPicturesError(f"test_share is {test_share!r}: use a share above 0 and below 1, such as 0.25")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise OwnPicturesError(f"seed is {seed!r}: use a whole number from 0")
    generator = torch.Generator().manual_seed(seed)
    train, test = [], []
    for label in range(len(pictures.classes)):
        own = (pictures.labels == label).nonzero()[:, 0]
        own = own[torch.randperm(len(own), generator=generator)]
        count = min(max(1, round(test_share * len(own))), len(own) - 1)
        if count < 1:
            raise OwnPicturesError(
                f"class {pictures.classes[label]!r} has {len(own)} picture: a split takes at least 2 of each class"
            )
        test.append(own[:count])
        train.append(own[count:])
    return pictures.pick(torch.cat(train)), pictures.pick(torch.cat(test))


def check_classes(classes: Sequence[str]) -> tuple[str, ...]:
    """The names of the classes as a tuple. Raises OwnPicturesError unless they are two or more different texts."""
    if isinstance(classes, str) or not all(isinstance(name, str) and name.strip() for name in classes):
        raise OwnPicturesError(f"classes is {classes!r:.60}: give a list of names, such as ['cat', 'dog']")
    if len(classes) < 2:
        raise OwnPicturesError("one class alone leaves nothing to tell apart: give at least two names")
    if len(set(classes)) < len(classes):
        raise OwnPicturesError(f"a class is named twice in {list(classes)}: give each a name of its own")
    return tuple(classes)


def _checked_folder(folder: str | Path) -> Path:
    if not isinstance(folder, (str, Path)) or not str(folder).strip():
        raise OwnPicturesError(
            f"{folder!r} is no path: give the folder's path in quotes, such as 'my_pictures'"
        )
    path = Path(folder).expanduser()
    if path.is_file():
        kind = (
            "an archive: unpack it and give the folder"
            if path.suffix == ".zip"
            else "a file: give the folder"
        )
        raise OwnPicturesError(f"{path} is {kind} that holds one folder for each class")
    if not path.is_dir():
        raise OwnPicturesError(f"there is no folder {path}: check the name (you work in {Path.cwd()})")
    return path


def _files_by_class(folder: Path) -> dict[str, list[Path]]:
    entries = _entries(folder)
    classes = [entry for entry in entries if entry.is_dir()]
    loose = [entry for entry in entries if not entry.is_dir()]
    if not entries:
        raise OwnPicturesError(f"{folder} is empty: put one folder for each class into it")
    if not classes:
        raise OwnPicturesError(
            f"{folder} holds files and no folders: make one folder for each class and sort them in"
        )
    if any(_is_picture(entry) for entry in loose):
        first = next(entry for entry in loose if _is_picture(entry))
        raise OwnPicturesError(f"{first} lies beside the class folders: move it into the folder of its class")
    if len(classes) < 2:
        raise OwnPicturesError(
            f"{folder} holds one class, {classes[0].name!r}: a classifier takes at least two folders"
        )
    lowered = [entry.name.strip().casefold() for entry in classes]
    for i, name in enumerate(lowered):
        if name in lowered[:i]:
            other = classes[lowered.index(name)].name
            raise OwnPicturesError(
                f"two classes differ in capitals or blanks alone, {other!r} and {classes[i].name!r}: join them"
            )
    found = {entry.name: _class_files(entry) for entry in classes}
    total = sum(len(paths) for paths in found.values())
    if total > MOST:
        raise OwnPicturesError(f"{folder} holds {total} pictures: take at most {MOST}, which fit into memory")
    return found


def _class_files(folder: Path) -> list[Path]:
    entries = _entries(folder)
    for entry in entries:
        if entry.is_dir():
            raise OwnPicturesError(
                f"class {folder.name!r} holds a folder, {entry.name!r}: put its pictures one level up"
            )
        if not _is_picture(entry):
            raise OwnPicturesError(
                f"{entry} is no picture file: remove it, or save it as JPEG, PNG or WebP with that ending"
            )
    if not entries:
        raise OwnPicturesError(
            f"class {folder.name!r} is empty: put pictures into {folder} or remove that folder"
        )
    if len(entries) < LEAST:
        raise OwnPicturesError(
            f"class {folder.name!r} has too few pictures, {len(entries)}: each class takes at least {LEAST}"
        )
    return entries


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "__MACOSX")))
    except OSError as error:
        raise OwnPicturesError(f"{folder} cannot be read ({error.strerror}): check who may open it") from None


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS


def _opened(path: Path) -> Image.Image:
    try:
        return open_picture(path)
    except PictureError as error:
        raise OwnPicturesError(str(error)) from None
    except OSError as error:
        raise OwnPicturesError(f"{path} cannot be read ({error.strerror}): check who may open it") from None


def _square(image: Image.Image, size: int) -> Image.Image:
    return ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)


def _refuse_twins(images: list[Tensor], labels: list[int], names: list[str]) -> None:
    """Twins would stand on both sides of a split, or under two labels: then the test measures nothing."""
    seen: dict[bytes, int] = {}
    for i, image in enumerate(images):
        first = seen.setdefault(image.numpy().tobytes(), i)
        if first != i:
            where = "in two classes" if labels[first] != labels[i] else "twice"
            raise OwnPicturesError(
                f"{names[first]} and {names[i]} are the same picture, {where}: keep one of them"
            )


__all__ = ["OwnPicturesError", "PictureSet", "check_classes", "read_folder", "split_pictures"]
