"""Lesson 4's visible checks: right answers pass, wrong ones are told and named, and the numbers are true.

Truth comes from NumPy and from the answers in tests/answers, never from the guide.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from autograder.checks.activation_maps.resize_map import bilinear
from autograder.course import this_course
from course_utils.comparison import compare
from course_utils.lessons import activation_maps as lesson4
from course_utils.outcomes import Status

ANSWERS = Path(__file__).parents[2] / "answers" / "04_activation_maps"


def task(name):
    return lesson4.GUIDE.task(name)


def answer(path):
    """The function of an answer file."""
    space = {}
    exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), space)
    return space[path.parent.name]


def test_the_numbers_by_numpy():
    for example in task("top_channels").examples:
        maps, *k = example.args()
        order = np.argsort(-maps[0].numpy().var(axis=(1, 2)), kind="stable")
        assert example.expected.tolist() == order[: k[0] if k else 4].tolist()
    for example in task("resize_map").examples:
        small, size = example.args()
        span = float(small.max() - small.min()) or 1.0
        unit = (small.numpy() - float(small.min())) / span
        np.testing.assert_allclose(bilinear(unit, *size), example.expected, atol=1e-6)
    for example in task("dead_channels").examples:
        maps, *threshold = example.args()
        peaks = np.abs(maps.numpy()).max(axis=(0, 2, 3))
        assert example.expected.tolist() == np.flatnonzero(peaks <= (threshold or [1e-6])[0]).tolist()
    for example in task("max_activating_patches").examples:
        maps, channel, k = example.args()
        one = maps.numpy()[:, channel]
        images = np.argsort(-one.max(axis=(1, 2)))[:k]
        places = [
            (int(i), *(int(v) for v in np.unravel_index(one[i].argmax(), one[i].shape))) for i in images
        ]
        assert example.expected == places


@pytest.mark.parametrize("sizes", [((3, 5), (7, 11)), ((9, 8), (4, 3)), ((1, 4), (3, 9)), ((6, 6), (6, 6))])
def test_the_oracle_for_resizing_agrees_with_torch(sizes):
    small = torch.rand(sizes[0], generator=torch.Generator().manual_seed(1))
    wanted = torch.nn.functional.interpolate(
        small[None, None], size=sizes[1], mode="bilinear", align_corners=False
    )[0, 0]
    np.testing.assert_allclose(bilinear(small.double().numpy(), *sizes[1]), wanted, atol=1e-6)


def test_tasks_questions_and_points_are_those_of_the_source():
    graded = {cell.name: cell.points for cell in this_course().lesson("04_activation_maps").marked}
    assert graded == {t.name: t.points for t in lesson4.GUIDE.tasks} | {
        q.id: q.points for q in lesson4.GUIDE.questions
    }
    assert sum(t.points for t in lesson4.GUIDE.tasks) == 14


@pytest.mark.parametrize("question", lesson4.GUIDE.questions, ids=lambda q: q.id)
def test_each_question_has_one_key_and_an_explanation_for_each_option(question):
    assert [question.is_right(letter) for letter in "ABCD"].count(True) == 1
    assert list(question.explanations) == ["A", "B", "C", "D"]
    assert all(len(text) > 40 for text in question.explanations.values())


def test_the_source_answers_its_questions_right():
    source = this_course().lesson("04_activation_maps").source.read_text(encoding="utf-8")
    for question in lesson4.GUIDE.questions:
        line = next(line for line in source.splitlines() if line.startswith(f"answer_{question.id} = "))
        assert question.is_right(line.split('"')[1])


def test_no_mistake_is_taken_for_the_answer():
    for entry in lesson4.GUIDE.tasks:
        for example in entry.examples:
            for mistake in example.misconceptions:
                if mistake.value is not None:
                    assert compare(mistake.value, example.expected), (entry.name, mistake.name)
                else:
                    # `empty_float` looks only at answers that differ from the expected one already.
                    if mistake.name != "empty_float":
                        assert not mistake.when(example.expected), (entry.name, mistake.name)


@pytest.mark.parametrize("name", [entry.name for entry in lesson4.GUIDE.tasks])
def test_a_stub_counts_as_not_attempted(name):
    space = {}
    exec(f'def {name}(*args):\n    raise NotImplementedError("TODO")', space)
    assert task(name).check(space[name]).status is Status.NOT_ATTEMPTED


@pytest.mark.parametrize(
    "path", sorted(ANSWERS.glob("*/right_*.py")), ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_right_answers_pass(path):
    outcome = task(path.parent.name).check(answer(path))
    assert outcome.status is Status.PASSED, [item.message for item in outcome.items]


# What the small visible examples cannot show, and the marking does.
ONLY_MARKED = {
    "resize_map/wrong_bicubic",
    "resize_map/wrong_relu_first",
    "dead_channels/wrong_any_picture",
    "max_activating_patches/wrong_all_channels",
    "max_activating_patches/wrong_height_for_width",
    "max_activating_patches/wrong_reversed",
    "top_channels/wrong_maximum",
}


@pytest.mark.parametrize(
    "path", sorted(ANSWERS.glob("*/wrong_*.py")), ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_wrong_answers_are_told_and_most_are_named(path):
    outcome = task(path.parent.name).check(answer(path))
    assert outcome.status is not Status.PASSED
    failed = [item for item in outcome.items if item.status is not Status.PASSED]
    assert all(item.message for item in failed)
    kind, _, wanted = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").partition(": ")
    known = {m.name for e in task(path.parent.name).examples for m in e.misconceptions}
    if kind == "misconception" and wanted in known and f"{path.parent.name}/{path.stem}" not in ONLY_MARKED:
        assert wanted in {item.misconception for item in failed}, [item.message for item in failed]
