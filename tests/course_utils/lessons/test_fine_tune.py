"""The visible checks of lesson 8: answers pass or fail as they do in the marking, blank ones are not attempted."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from course_utils.comparison import compare
from course_utils.lessons import fine_tune as lesson8
from course_utils.outcomes import Status

ANSWERS = Path(__file__).parents[2] / "answers" / "08_fine_tune"
RIGHT = sorted(ANSWERS.glob("*/right_*.py"))
SHOWN = {
    "prepare_for_transfer/wrong_head_frozen_too": "head_frozen",
    "prepare_for_transfer/wrong_nothing_frozen": "not_frozen",
    "prepare_for_transfer/wrong_copy_returned": "other_object",
    "prepare_for_transfer/wrong_keeps_head_of_same_size": "old_head",
    "train_epoch/wrong_mean_over_batches": "mean_over_batches",
    "train_epoch/wrong_frozen_norms_train": "frozen_statistics_moved",
    "train_epoch/wrong_eval_mode": "all_in_eval",
    "train_epoch/wrong_no_zero_grad": "gradients_pile_up",
    "train_epoch/wrong_no_step": "no_step",
    "accuracy/wrong_mean_over_batches": "mean_over_batches",
    "accuracy/wrong_train_mode": "train_mode",
    "accuracy/wrong_left_in_eval": "side_effect",
    "mean_energy_inside/wrong_pooled": "pooled",
    "mean_energy_inside/wrong_predicted_class": "predicted_class",
    "mean_energy_inside/wrong_empty_left_out": "empty_left_out",
}


def function(path: Path):
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, path.parent.name)


@pytest.mark.parametrize("path", RIGHT, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_right_answers_pass(path):
    outcome = lesson8.GUIDE.task(path.parent.name).check(function(path))
    assert outcome.status is Status.PASSED, outcome.items


@pytest.mark.parametrize(("answer", "name"), SHOWN.items())
def test_wrong_answers_are_named(answer, name):
    path = ANSWERS / f"{answer}.py"
    outcome = lesson8.GUIDE.task(path.parent.name).check(function(path))
    assert outcome.status is not Status.PASSED
    assert name in {item.misconception for item in outcome.items}, outcome.items


@pytest.mark.parametrize("task", lesson8.GUIDE.tasks, ids=lambda t: t.name)
def test_blank_is_not_attempted(task):
    namespace = {}
    exec(f"def {task.name}(*args):\n    raise NotImplementedError('TODO')", namespace)
    assert task.check(namespace[task.name]).status is Status.NOT_ATTEMPTED


def test_each_misconception_differs_from_the_answer():
    for task in lesson8.GUIDE.tasks:
        for example in task.examples:
            for mistake in example.misconceptions:
                if mistake.value is not None:
                    assert compare(mistake.value, example.expected), (task.name, mistake.name)
                else:
                    assert not mistake.when(example.expected), (task.name, mistake.name)


@pytest.mark.parametrize("question", lesson8.GUIDE.questions, ids=lambda q: q.id)
def test_each_question_has_one_key_and_an_explanation_for_each_option(question):
    assert [question.is_right(letter) for letter in "ABCD"].count(True) == 1
    assert list(question.explanations) == ["A", "B", "C", "D"]
