"""Lesson 2's visible checks: right answers pass, wrong ones are named, and the numbers are true."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_utils.lessons import filters as lesson2
from course_utils.outcomes import Status

ANSWERS = Path(__file__).parents[2] / "answers" / "02_filters"
FILES = sorted(ANSWERS.glob("*/*.py"))


def check(path):
    return lesson2.GUIDE.task(path.parent.name).check(runpy.run_path(str(path))[path.parent.name])


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_example_answers(path):
    outcome = check(path)
    seen = [(item.name, item.status.value, item.message) for item in outcome.items]
    if path.stem.startswith("right_"):
        assert outcome.status is Status.PASSED, seen
    else:
        assert outcome.status is not Status.PASSED, seen
        assert any(item.message for item in outcome.items)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("normalize_filters/wrong_global", "one_scale_for_all"),
        ("normalize_filters/wrong_per_channel", "each_channel_by_itself"),
        ("normalize_filters/wrong_nan", "zero_by_zero"),
        ("normalize_filters/wrong_relu", "negatives_cut_off"),
        ("normalize_filters/wrong_grey_zero", "zero_in_the_middle"),
        ("normalize_filters/wrong_constant_stays", "constant_not_zero"),
        ("tile_filters/wrong_black", "black_padding"),
        ("tile_filters/wrong_border", "outer_border"),
        ("tile_filters/wrong_columns_first", "column_by_column"),
        ("tile_filters/wrong_turned", "tiles_turned"),
        ("tile_filters/wrong_narrow", "narrower_than_asked"),
        ("tile_filters/wrong_reshaped", "colours_mixed_up"),
        ("tile_filters/wrong_channels_first", "channels_first"),
        ("tile_filters/wrong_empty_black", "empty_place_not_white"),
        ("similar_filters/wrong_absolute", "opposites_counted"),
        ("similar_filters/wrong_dot_product", "dot_product"),
        ("similar_filters/wrong_both_orders", "both_orders"),
        ("similar_filters/wrong_itself", "paired_with_itself"),
        ("similar_filters/wrong_fixed_threshold", "threshold_ignored"),
        ("similar_filters/wrong_centred", "mean_subtracted"),
        ("similar_filters/wrong_dead_filters", "dead_filter_paired"),
        ("similar_filters/wrong_most_similar_first", "not_sorted"),
        ("similar_filters/wrong_first_channel", "first_channel_only"),
        ("similar_filters/wrong_lists", "lists_for_tuples"),
    ],
)
def test_mistakes_are_named(file, name):
    assert name in {item.misconception for item in check(ANSWERS / f"{file}.py").items}


@pytest.mark.parametrize("task", lesson2.GUIDE.tasks, ids=lambda t: t.name)
def test_a_blank_answer_is_not_attempted(task):
    names = {}
    exec(f"def {task.name}(*args, **kwargs): raise NotImplementedError('TODO')", names)
    assert task.check(names[task.name]).status is Status.NOT_ATTEMPTED


def test_the_scaled_filters_by_numpy():
    for example in lesson2.NORMALIZE.examples:
        (weight,) = example.args()
        expected = [(f - f.min()) / max(np.ptp(f), 1e-9) for f in weight.numpy()]
        np.testing.assert_allclose(example.expected, np.stack(expected), atol=1e-5)


def test_every_tile_stands_where_it_should():
    for example in lesson2.TILE.examples:
        (filters,) = example.args()
        columns, padding = example.kwargs.get("columns", 8), example.kwargs.get("padding", 1)
        side, left = filters.shape[-1], example.expected.clone()
        assert left.shape[1] == columns * (side + padding) - padding
        for index, tile in enumerate(filters):
            top, start = (n * (side + padding) for n in divmod(index, columns))
            spot = left[top : top + side, start : start + side]
            torch.testing.assert_close(spot, tile.permute(1, 2, 0), atol=1e-6, rtol=0)
            spot.fill_(1.0)
        assert (left == 1).all()


def test_the_pairs_by_torchs_own_cosine():
    for example in lesson2.SIMILAR.examples:
        (weight,) = example.args()
        threshold = example.kwargs.get("threshold", 0.95)
        rows = weight.flatten(1)
        expected = [
            (i, j)
            for i in range(len(rows))
            for j in range(i + 1, len(rows))
            if rows[i].any() and rows[j].any() and F.cosine_similarity(rows[i], rows[j], dim=0) >= threshold
        ]
        assert example.expected == expected


def test_points_are_those_of_the_lesson():
    points = {task.name: task.points for task in lesson2.GUIDE.tasks}
    assert points == {"normalize_filters": 4, "tile_filters": 4, "similar_filters": 4}


@pytest.mark.parametrize("question", lesson2.GUIDE.questions, ids=lambda q: q.id)
def test_each_question_has_one_right_option(question):
    assert sum(question.is_right(option) for option in "ABCD") == 1
    assert set(question.explanations) == set("ABCD")
