"""The bird set: what its masks, twins, groups and splits promise holds for every picture."""

import pytest
import torch

from course_utils.birds import BIRDS, bird_set, normalised, split_birds
from course_utils.images import PictureError, list_pictures


@pytest.fixture(scope="module")
def birds():
    return bird_set(40, 0.9, seed=3, size=64)


def test_shapes_and_counts(birds):
    assert len(birds) == 40
    assert birds.images.shape == birds.swapped.shape == (40, 3, 64, 64)
    assert birds.images.dtype == birds.swapped.dtype == torch.uint8
    assert birds.masks.shape == (40, 64, 64)
    assert birds.masks.dtype == torch.bool
    cells = torch.zeros(2, 2, dtype=torch.long)
    for label, group in zip(birds.labels, birds.groups, strict=True):
        cells[label, group] += 1
    assert cells.tolist() == [[18, 2], [2, 18]]


@pytest.mark.parametrize(
    ("correlation", "cells"), [(0.5, [5, 5]), (1.0, [10, 0]), (0.0, [0, 10]), (0.95, [10, 0])]
)
def test_any_correlation(correlation, cells):
    made = bird_set(20, correlation, seed=1, size=32)
    matched = made.labels == made.groups
    for label in (0, 1):
        of_label = matched[made.labels == label]
        assert [int(of_label.sum()), int((~of_label).sum())] == cells


def test_twins_share_the_bird_and_not_the_background(birds):
    differences = (birds.images.float() - birds.swapped.float()).abs().amax(dim=1)
    # The rim of a cut-out lets some background through: inside means two pixels from the edge here.
    outside = (
        torch.nn.functional.max_pool2d((~birds.masks).float()[:, None], 5, stride=1, padding=2)[:, 0] > 0
    )
    inner = ~outside
    assert int(inner.sum()) > 1000
    assert float((differences[inner] <= 2).float().mean()) > 0.95
    for difference, mask in zip(differences, birds.masks, strict=True):
        assert 0.01 < float(mask.float().mean()) < 0.5
        assert float(difference[~mask].median()) > 10


def test_water_is_bluer_than_land_in_pictures_and_in_twins(birds):
    blueness = []
    for pictures, groups in ((birds.images, birds.groups), (birds.swapped, 1 - birds.groups)):
        outside = (~birds.masks)[:, None].float()
        mean = (pictures.float() * outside).sum((2, 3)) / outside.sum((2, 3))
        blue = mean[:, 2] - mean[:, 0]
        blueness.append(float(blue[groups == 1].mean() - blue[groups == 0].mean()))
    assert min(blueness) > 30


def test_the_same_seed_gives_the_same_set_and_another_does_not(birds):
    again, other = bird_set(40, 0.9, seed=3, size=64), bird_set(40, 0.9, seed=4, size=64)
    assert torch.equal(again.images, birds.images)
    assert torch.equal(again.swapped, birds.swapped)
    assert torch.equal(again.masks, birds.masks)
    assert again.names == birds.names
    assert not torch.equal(other.images, birds.images)


def test_the_global_random_state_plays_no_part_and_is_left_alone(birds):
    torch.manual_seed(11)
    before = torch.get_rng_state()
    assert torch.equal(bird_set(40, 0.9, seed=3, size=64).images, birds.images)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("seed", range(8))
def test_no_test_bird_is_seen_in_training(seed):
    split = split_birds(seed)
    for label in BIRDS:
        train, test = set(split["train"][label]), set(split["test"][label])
        assert not train & test
        assert train | test == set(list_pictures("cutout", label))
        assert len(test) >= 3
        # Two pictures of one kind never lie on different sides.
        for pair in (
            {"mallard", "drake"},
            {"great_blue_heron", "great_blue_heron_flying"},
            {"hen", "chicken"},
        ):
            assert not (pair & train and pair & test)
    made = bird_set(30, 0.5, seed=seed, split="test", size=32)
    for name, label in zip(made.names, made.labels.tolist(), strict=True):
        assert name in split["test"][BIRDS[label]]


def test_birds_of_a_label_come_equally_often(birds):
    times = [birds.names.count(name) for name in split_birds(3)["train"]["waterbird"]]
    assert max(times) - min(times) <= 1


def test_normalised():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 3, 1, 1)
    got = normalised(images, (0.5, 0.2, 0.0), (0.5, 0.1, 0.25))
    torch.testing.assert_close(got.flatten(), torch.tensor([-1.0, 0.0, 4.0]))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"count": 1, "correlation": 0.5}, "at least 2"),
        ({"count": 8, "correlation": 95}, "no share"),
        ({"count": 8, "correlation": 0.5, "split": "validation"}, "'train' or 'test'"),
        ({"count": 8, "correlation": 0.5, "size": 8}, "32 pixels"),
    ],
)
def test_one_clear_line_for_arguments_that_make_no_set(arguments, says):
    with pytest.raises(PictureError, match=says) as caught:
        bird_set(seed=0, **arguments)
    assert "\n" not in str(caught.value)
