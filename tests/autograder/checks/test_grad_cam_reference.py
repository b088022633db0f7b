"""Lesson 6's inputs over many secrets: right answers pass on all, and no known mistake slips through by luck."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from autograder.checks.draw import Draw, Layer, Model
from autograder.checks.grad_cam import CHECKS
from autograder.checks.grad_cam.grad_cam import FLAT_GRADIENTS
from autograder.checks.items import Item
from autograder.checks.telling import first_telling, hidden_mistakes
from course_utils.comparison import Misconception, compare
from course_utils.outcomes import Status
from tests.autograder.checks.local_worker import function_of, judge_here

ANSWERS = Path(__file__).parents[2] / "answers" / "06_grad_cam"
TASKS = tuple(CHECKS.tasks)


def secret(number: int) -> bytes:
    return f"secret {number}".encode()


def items(task: str, number: int) -> list[Item]:
    return list(CHECKS.tasks[task](Draw(secret(number), "06_grad_cam/test", task)))


def check_draw(task: str, number: int) -> None:
    """Every known mistake shows, by name, on some item that carries points; the inputs hold no close call."""
    shown: set[str] = set()
    known: set[str] = set()
    for item in items(task, number):
        if item.edge:
            continue
        names = {m.name for m in item.misconceptions if m.value is not None}
        known |= names
        shown |= names - hidden_mistakes(item)
        check_no_close_call(item)
    assert shown == known, f"secret {number}: {known - shown} would pass"


def check_no_close_call(item: Item) -> None:
    if not isinstance(item.args[0], Model):
        return
    with torch.no_grad():
        logits = item.args[0].module(item.args[2])[0].sort(descending=True).values
    assert logits[0] - logits[1] > 1e-3
    heatmaps, classes = item.expected
    assert torch.isfinite(heatmaps).all() and heatmaps.min() >= 0
    for heatmap in heatmaps if heatmaps.ndim == 3 else [heatmaps]:
        assert heatmap.max() == 1
    if isinstance(classes, list):
        gaps = (logits[:-1] - logits[1:])[: len(classes)]
        assert (gaps > 1e-3).all()


@pytest.mark.parametrize("task", TASKS)
def test_no_mistake_slips_through(task: str) -> None:
    for number in range(6):
        check_draw(task, number)


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_no_mistake_slips_through_on_many_secrets(task: str) -> None:
    for number in range(100):
        check_draw(task, number)


@pytest.mark.parametrize(
    "path", sorted(ANSWERS.glob("*/right_*.py")), ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_right_answers_pass_on_several_secrets(path: Path) -> None:
    pass_all(path, range(2))


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_right_answer_passes_on_many_secrets(task: str) -> None:
    pass_all(sorted((ANSWERS / task).glob("right_*.py"))[0], range(50))


def pass_all(path: Path, numbers: range) -> None:
    function = function_of(path)
    for number in numbers:
        outcome = judge_here(CHECKS, path.parent.name, function, secret=secret(number))
        assert outcome.status is Status.PASSED, (
            number,
            [i for i in outcome.items if i.status is not Status.PASSED],
        )
        assert outcome.earned == outcome.possible


def test_what_the_issue_asks_for_is_there() -> None:
    drawn = items("grad_cam", 0)
    names = " ".join(item.name for item in drawn)
    for part in (
        "chosen class",
        "no class given",
        "class 0",
        "frozen",
        "positive everywhere",
        "all zeros",
        "by hand",
    ):
        assert part in names
    families = {item.args[0].recipe["family"] for item in drawn}
    assert {"plain", "residual", "mobile", "functional", "oracle"} <= families
    sizes = {tuple(item.args[2].shape[-2:]) for item in drawn}
    assert (224, 224) not in sizes and all(h != w for h, w in sizes - {(4, 4)})
    hooked = [item for item in drawn if not item.edge]
    for item in hooked:
        shapes: list[torch.Size] = []
        layer = item.args[1]
        assert isinstance(layer, Layer)
        handle = layer.module.register_forward_hook(lambda m, i, o, shapes=shapes: shapes.append(o.shape))
        item.args[0].module(item.args[2])
        handle.remove()
        assert len(set(shapes[0][1:])) == 3, "C, h and w all differ"


def test_hidden_mistakes_says_what_compare_says() -> None:
    for item in (item for task in TASKS for item in items(task, 3) if not item.raises):
        valued = [m for m in item.misconceptions if m.value is not None]
        hidden = set()
        for mistake in valued:
            difference = compare(mistake.value, item.expected, valued, rtol=5e-3, atol_share=5e-4)
            if difference is None or difference.misconception != mistake.name:
                hidden.add(mistake.name)
        assert hidden_mistakes(item) == hidden
    plain = items("grad_cam", 3)[0]
    assert hidden_mistakes(plain) == set(FLAT_GRADIENTS)


def test_first_telling_draws_again_until_the_mistake_shows() -> None:
    def make(number: int) -> Item | None:
        if number == 0:
            return None
        right = torch.tensor([1.0, 2.0 if number < 4 else -2.0])
        return Item(
            f"try {number}", [], expected=right, misconceptions=[Misconception("relu", "…", right.relu())]
        )

    assert first_telling(make).name == "try 4"
    assert first_telling(make, hides=["relu"]).name == "try 1"
    with pytest.raises(ValueError, match="none of"):
        first_telling(lambda number: None)


def test_first_telling_falls_back_on_what_hides_least() -> None:
    def make(number: int) -> Item:
        right = torch.tensor([1.0 + number])
        values = [right, right] if number != 7 else [right, right + 1]
        return Item(
            f"try {number}",
            [],
            expected=right,
            misconceptions=[Misconception(str(i), "…", v) for i, v in enumerate(values)],
        )

    assert first_telling(make).name == "try 7"


def test_nan_is_never_expected() -> None:
    for task in TASKS:
        for item in items(task, 1):
            value = item.expected[0] if isinstance(item.expected, tuple) else item.expected
            if value is not None:
                assert math.isfinite(float(value.sum()))
