"""The set of lesson 8: deterministic, exact masks, tags where asked for, and the tag alone differs."""

from __future__ import annotations

import pytest
import torch

from course_utils.images import PictureError, picture_info
from course_utils.tagged_animals import ANIMALS, split_animals, tagged_animals


def tagged_share(pictures, label):
    return float(pictures.tags[pictures.labels == label].any(dim=2).any(dim=1).float().mean())


def test_shapes_balance_and_shares():
    pictures = tagged_animals(20, (1, 0.3), seed=4, size=64)
    assert pictures.images.shape == (20, 3, 64, 64)
    assert pictures.images.dtype == torch.uint8
    assert pictures.labels.bincount().tolist() == [10, 10]
    assert tagged_share(pictures, 0) == 1
    assert tagged_share(pictures, 1) == pytest.approx(0.3)
    assert not (pictures.tags & pictures.animals).any()
    assert all(name in ANIMALS[label] for name, label in zip(pictures.names, pictures.labels.tolist()))


def test_sets_of_one_seed_differ_in_the_tags_alone():
    with_tags, without = (tagged_animals(12, shares, seed=2, size=64) for shares in ((1, 0), (0, 0)))
    assert with_tags.names == without.names
    differs = (with_tags.images != without.images).any(dim=1)
    assert differs.any()
    assert not (differs & ~with_tags.tags).any()
    assert not without.tags.any()
    assert torch.equal(tagged_animals(12, (1, 0), seed=2, size=64).images, with_tags.images)
    assert not torch.equal(tagged_animals(12, (1, 0), seed=3, size=64).images, with_tags.images)


def test_half_of_both_classes():
    pictures = tagged_animals(24, (0.5, 0.5), seed=1, size=64)
    assert [tagged_share(pictures, label) for label in (0, 1)] == [0.5, 0.5]


def test_no_animal_is_in_both_splits_and_all_are_mammals():
    split = split_animals(7)
    for label in (0, 1):
        assert not set(split["train"][label]) & set(split["test"][label])
        assert sorted(split["train"][label] + split["test"][label]) == sorted(ANIMALS[label])
        assert {picture_info(name).group for name in ANIMALS[label]} == {"mammal"}
    assert not set(ANIMALS[0]) & set(ANIMALS[1])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"count": 1}, "make no set"),
        ({"size": 20}, "make no set"),
        ({"tagged": (1,)}, "share from 0 to 1"),
        ({"tagged": (1, 2)}, "share from 0 to 1"),
        ({"split": "validation"}, "no split"),
    ],
)
def test_bad_arguments_give_one_line(arguments, words):
    with pytest.raises(PictureError, match=words):
        tagged_animals(**({"count": 4, "tagged": (1, 0), "seed": 0, "size": 64} | arguments))
