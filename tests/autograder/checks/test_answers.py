"""Every check against right answers in different styles and wrong ones with one mistake each.

``tests/answers/LESSON/TASK/right_*.py`` earn full marks. ``wrong_*.py`` do not, and their first line says what the
message must name: ``# misconception: NAME`` or ``# says: WORDS``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import this_course
from autograder.marking import Marker
from course_utils.outcomes import Status

ANSWERS = Path(__file__).parents[2] / "answers"
FILES = sorted(ANSWERS.glob("*/*/*.py"))


@pytest.fixture(scope="module")
def marker():
    with Marker(this_course(), secret=b"a secret that the tests alone use") as marker:
        yield marker


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_answer(path: Path, marker: Marker) -> None:
    course = this_course()
    lesson, cell = course.find_task(path.parent.name)
    outcome = marker.try_file(lesson, cell, path)
    seen = [(item.name, item.status.value, item.message, item.misconception) for item in outcome.items]
    if path.stem.startswith("right_"):
        assert outcome.status is Status.PASSED, seen
        assert outcome.earned == cell.points
        return
    assert outcome.earned < cell.points, seen
    kind, _, wanted = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").partition(": ")
    failed = [item for item in outcome.items if item.status is not Status.PASSED]
    if kind == "misconception":
        assert wanted in {item.misconception for item in failed}, seen
    else:
        assert kind == "says", "the first line of a wrong answer says which mistake it makes"
        assert any(wanted in item.message for item in failed), seen


@pytest.mark.parametrize("folder", sorted(ANSWERS.glob("*/*")), ids=lambda p: p.name)
def test_enough_answers(folder: Path) -> None:
    assert len(list(folder.glob("right_*.py"))) >= 3
    assert len(list(folder.glob("wrong_*.py"))) >= 5


def test_every_task_has_answers() -> None:
    course = this_course()
    tasks = {
        (lesson.id, c.name) for lesson in course.lessons.values() for c in lesson.marked if c.kind == "task"
    }
    assert tasks == {
        (folder.parent.name, folder.name)
        for folder in ANSWERS.glob("*/*")
        if folder.parent.name in course.lessons
    }
