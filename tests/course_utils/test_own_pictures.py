"""A student's own folder: good ones are read; each bad folder, file or argument gives one clear line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils.own_pictures import OwnPicturesError, check_classes, read_folder, split_pictures


def picture(path: Path, value: int = 0) -> Path:
    """A small picture that no other value gives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(value).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def good(tmp_path):
    for label, name in enumerate(("cat", "dog")):
        for i in range(4):
            picture(tmp_path / "animals" / name / f"{i}.png", 10 * label + i)
    return tmp_path / "animals"


def test_a_good_folder_is_read_in_alphabetical_order(good):
    picture(good / "cat" / "9.JPEG", 99)
    (good / ".DS_Store").write_bytes(b"x")
    (good / "cat" / ".hidden").write_bytes(b"x")
    pictures = read_folder(good, size=64)
    assert pictures.images.shape == (9, 3, 64, 64)
    assert pictures.images.dtype == torch.uint8
    assert pictures.classes == ("cat", "dog")
    assert pictures.labels.tolist() == [0] * 5 + [1] * 4
    assert pictures.names[:2] == ("cat/0.png", "cat/1.png")


def test_the_centre_is_cut_out_and_transparency_is_white(good):
    wide = np.zeros((64, 128, 4), np.uint8)
    wide[:, :32], wide[:, 96:] = (255, 0, 0, 255), (255, 0, 0, 255)
    Image.fromarray(wide).save(good / "cat" / "0.png")
    pictures = read_folder(good, size=64)
    assert pictures.images[0].min() == 255


def test_split_keeps_each_class_on_both_sides_and_follows_from_the_seed(good):
    pictures = read_folder(good, size=64)
    train, test = split_pictures(pictures, 0.25, seed=3)
    assert sorted(train.names + test.names) == sorted(pictures.names)
    assert sorted(test.labels.tolist()) == [0, 1]
    assert split_pictures(pictures, 0.25, seed=3)[1].names == test.names
    assert len({split_pictures(pictures, 0.25, seed=s)[1].names for s in range(8)}) > 1
    for i, name in enumerate(test.names):
        assert torch.equal(test.images[i], pictures.images[pictures.names.index(name)])
    for share in (0.01, 0.99):
        train, test = split_pictures(pictures, share)
        assert set(train.labels.tolist()) == set(test.labels.tolist()) == {0, 1}


def _missing(good):
    return good / "nothing"


def _file(good):
    return good / "cat" / "0.png"


def _archive(good):
    path = good.parent / "animals.zip"
    path.write_bytes(b"PK")
    return path


def _empty(good):
    (good.parent / "empty").mkdir()
    return good.parent / "empty"


def _no_folders(good):
    return good / "cat"


def _one_class(good):
    for path in (good / "dog").iterdir():
        path.unlink()
    (good / "dog").rmdir()
    return good


def _empty_class(good):
    (good / "bird").mkdir()
    return good


def _too_few(good):
    (good / "dog" / "3.png").unlink()
    return good


def _nested(good):
    picture(good / "cat" / "more" / "1.png", 50)
    return good


def _text_file(good):
    (good / "cat" / "notes.txt").write_text("x")
    return good


def _no_picture_inside(good):
    (good / "cat" / "0.png").write_text("this is text")
    return good


def _truncated(good):
    whole = (good / "cat" / "0.png").read_bytes()
    (good / "cat" / "0.png").write_bytes(whole[: len(whole) // 2])
    return good


def _zero_bytes(good):
    (good / "cat" / "0.png").write_bytes(b"")
    return good


def _loose(good):
    picture(good / "5.png", 60)
    return good


def _same_twice(good):
    (good / "cat" / "copy.png").write_bytes((good / "cat" / "0.png").read_bytes())
    return good


def _same_in_two(good):
    (good / "dog" / "copy.png").write_bytes((good / "cat" / "0.png").read_bytes())
    return good


def _capitals(good):
    for i in range(4):
        picture(good / "Cat" / f"{i}.png", 70 + i)
    return good


def _blank(good):
    return ""


def _number(good):
    return 3


FOLDERS = [
    (_missing, "there is no folder"),
    (_file, "is a file"),
    (_archive, "unpack"),
    (_empty, "is empty"),
    (_no_folders, "no folders"),
    (_one_class, "one class, 'cat'"),
    (_empty_class, "'bird' is empty"),
    (_too_few, "'dog' has too few pictures, 3"),
    (_nested, "'cat' holds a folder, 'more'"),
    (_text_file, "notes.txt is no picture file"),
    (_no_picture_inside, "0.png is no picture"),
    (_truncated, "0.png is a damaged picture"),
    (_zero_bytes, "0.png is no picture"),
    (_loose, "5.png lies beside the class folders"),
    (_same_twice, "the same picture, twice"),
    (_same_in_two, "the same picture, in two classes"),
    (_capitals, "differ in capitals"),
    (_blank, "is no path"),
    (_number, "is no path"),
]


@pytest.mark.parametrize(("spoil", "words"), FOLDERS, ids=lambda v: getattr(v, "__name__", ""))
def test_a_bad_folder_or_file_gives_one_clear_line(good, spoil, words):
    with pytest.raises(OwnPicturesError) as caught:
        read_folder(spoil(good), size=64)
    message = str(caught.value)
    assert words in message
    assert "\n" not in message
    assert ":" in message or "each class takes" in message  # what is wrong, then the remedy


@pytest.mark.parametrize("size", [0, 63, 513, 96.0, "96", True, None])
def test_a_bad_size_gives_one_clear_line(good, size):
    with pytest.raises(OwnPicturesError, match=r"size is .*: use a whole number"):
        read_folder(good, size=size)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, 25, "0.2", None, True, float("nan")])
def test_a_bad_share_gives_one_clear_line(good, share):
    with pytest.raises(OwnPicturesError, match=r"test_share is .*: use a share"):
        split_pictures(read_folder(good, size=64), share)


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None])
def test_a_bad_seed_gives_one_clear_line(good, seed):
    with pytest.raises(OwnPicturesError, match=r"seed is .*: use a whole number"):
        split_pictures(read_folder(good, size=64), 0.25, seed)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ("cat", "list of names"),
        (["cat"], "one class"),
        (["cat", "cat"], "twice"),
        (["cat", 3], "list of names"),
    ],
)
def test_bad_class_names_give_one_clear_line(classes, words):
    with pytest.raises(OwnPicturesError, match=words):
        check_classes(classes)
