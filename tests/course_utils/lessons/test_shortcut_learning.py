"""Lesson 7's visible checks: true numbers, right answers pass, wrong ones get the message that names them."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from autograder.course import this_course
from course_utils.lessons import shortcut_learning as lesson7
from course_utils.outcomes import Status

ANSWERS = Path(__file__).parents[2] / "answers" / "07_shortcut_learning"
RIGHT = sorted(ANSWERS.glob("*/right_*.py"))
WRONG = sorted(ANSWERS.glob("*/wrong_*.py"))
# Too small a mistake for the visible examples: the hidden checks find it.
HIDDEN_ALONE = {
    "wrong_thresholded",
    "wrong_no_finally",
    "wrong_cells_confused",
    "wrong_digits_joined",
    "wrong_direct_children",
    "wrong_only_if_training",
}


def answer(path):
    return runpy.run_path(str(path))[path.parent.name]


def test_the_written_tables_by_numpy():
    for example in lesson7.GUIDE.task("group_accuracy").examples:
        predictions, labels, groups = (part.numpy() for part in example.args())
        for label in (0, 1):
            for group in (0, 1):
                cell = (labels == label) & (groups == group)
                wanted = (predictions[cell] == label).mean() if cell.any() else np.nan
                assert float(example.expected[label, group]) == pytest.approx(wanted, nan_ok=True)


def test_the_written_shares_and_weights_by_numpy():
    heatmap, mask = (part.numpy() for part in lesson7.GUIDE.task("energy_inside").examples[0].args())
    assert lesson7.GUIDE.task("energy_inside").examples[0].expected == pytest.approx(
        (heatmap * mask).sum() / heatmap.sum()
    )
    for example in lesson7.GUIDE.task("balanced_weights").examples:
        labels, groups = (part.tolist() for part in example.args())
        totals = {}
        for cell, weight in zip(zip(labels, groups, strict=True), example.expected.tolist(), strict=True):
            totals[cell] = totals.get(cell, 0) + weight
        assert list(totals.values()) == pytest.approx([1 / len(totals)] * len(totals))


def test_the_written_flip_rates_by_counting():
    for example in lesson7.GUIDE.task("flip_rate").examples:
        model, originals, twins = example.args()
        with torch.no_grad():
            pairs = [
                [int(model.eval()(x[None]).argmax()) for x in pair]
                for pair in zip(originals, twins, strict=True)
            ]
        assert sum(a != b for a, b in pairs) / len(pairs) == example.expected


def test_points_and_questions_are_those_of_the_source():
    graded = {cell.name: cell.points for cell in this_course().lesson("07_shortcut_learning").marked}
    tasks = {task.name: task.points for task in lesson7.GUIDE.tasks}
    questions = {question.id: question.points for question in lesson7.GUIDE.questions}
    assert graded == tasks | questions
    assert tasks == {"group_accuracy": 4, "energy_inside": 3, "balanced_weights": 4, "flip_rate": 4}
    assert len(questions) >= 3
    assert sum(questions.values()) <= 0.2 * sum(graded.values())
    assert all(3 <= len(task.hints) <= 4 for task in lesson7.GUIDE.tasks)


@pytest.mark.parametrize("path", RIGHT, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_right_answers_pass(path):
    outcome = lesson7.GUIDE.task(path.parent.name).check(answer(path))
    assert outcome.status is Status.PASSED, [item.message for item in outcome.items]


@pytest.mark.parametrize(
    "path", [p for p in WRONG if p.stem not in HIDDEN_ALONE], ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_wrong_answers_do_not(path):
    torch.manual_seed(0)
    outcome = lesson7.GUIDE.task(path.parent.name).check(answer(path))
    assert outcome.status is not Status.PASSED


@pytest.mark.parametrize(
    ("name", "misconception"),
    [
        ("group_accuracy/wrong_transposed", "transposed"),
        ("group_accuracy/wrong_zero_for_empty", "zero_for_no_example"),
        ("group_accuracy/wrong_share_of_all", "share_of_all"),
        ("group_accuracy/wrong_rows_by_prediction", "rows_by_prediction"),
        ("group_accuracy/wrong_error_rate", "error_rate"),
        ("group_accuracy/wrong_flat", "not_two_by_two"),
        ("energy_inside/wrong_nan", "zero_by_zero"),
        ("energy_inside/wrong_mean_inside", "mean_inside"),
        ("energy_inside/wrong_mean_over_all", "mean_over_all"),
        ("energy_inside/wrong_outside", "outside"),
        ("energy_inside/wrong_inside_to_outside", "inside_to_outside"),
        ("flip_rate/wrong_train_mode", "train_mode"),
        ("flip_rate/wrong_scores_compared", "scores_compared"),
        ("flip_rate/wrong_share_kept", "share_kept"),
        ("flip_rate/wrong_left_in_eval", "side_effect"),
        ("flip_rate/wrong_one_flag_for_all", "side_effect"),
        ("balanced_weights/wrong_not_normalised", "not_normalised"),
        ("balanced_weights/wrong_labels_only", "labels_only"),
        ("balanced_weights/wrong_groups_only", "groups_only"),
        ("balanced_weights/wrong_four_cells", "four_cells_assumed"),
        ("balanced_weights/wrong_by_frequency", "by_frequency"),
    ],
)
def test_mistakes_are_named(name, misconception):
    path = ANSWERS / f"{name}.py"
    outcome = lesson7.GUIDE.task(path.parent.name).check(answer(path))
    assert misconception in {item.misconception for item in outcome.items}


@pytest.mark.parametrize("name", [task.name for task in lesson7.GUIDE.tasks])
def test_a_blank_cell_is_not_attempted(name):
    space = {}
    exec(f"def {name}(*args):\n    raise NotImplementedError('TODO')", space)
    assert lesson7.GUIDE.task(name).check(space[name]).status is Status.NOT_ATTEMPTED


def test_questions():
    right = {"q_average": "D", "q_share": "B", "q_constant": "C"}
    for question in lesson7.GUIDE.questions:
        assert [o for o in "ABCD" if question.is_right(o)] == [right[question.id]]
        assert set(question.explanations) == set("ABCD")
