"""The six sample submissions of ``make demo`` earn what each of them should."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from autograder.batch import How
from autograder.course import Course, this_course
from autograder.demo import LESSON, hand_in
from autograder.grading import grade
from autograder.inbox import handed_in
from autograder.verdicts import VerdictStore


@pytest.mark.slow
def test_the_demo_class(tmp_path: Path) -> None:
    course = Course(this_course().root, tmp_path / "grading")
    lesson = course.lesson(LESSON)
    hand_in(course, lesson)
    untouched = {h.student: h.path.read_bytes() for h in handed_in(course, lesson)}
    before = _stamp(course.root / "grading" / "gradebook.db")
    done = grade(course, [lesson], how=How(), console=Console(quiet=True), workers=2)
    assert done.marked == 6
    verdicts = {v.student: v for v in VerdictStore(course.verdicts).all(lesson.id)}
    assert verdicts["ada"].earned == verdicts["emre"].earned == lesson.possible
    assert verdicts["ben"].earned == 9.0
    assert verdicts["dora"].earned == verdicts["finn"].earned == 0.0
    named = {i.misconception for t in verdicts["chen"].tasks for i in t.items}
    assert {"sum_instead_of_mean", "relu_in_cam", "relu_left_out"} <= named
    for student in verdicts:
        assert (course.feedback / student / lesson.id / "feedback.html").is_file()
    assert {h.student: h.path.read_bytes() for h in handed_in(course, lesson)} == untouched
    assert (course.grading / "gradebook.db").is_file()
    assert _stamp(course.root / "grading" / "gradebook.db") == before, (
        "the instructor's gradebook is left alone"
    )
    again = grade(course, [lesson], how=How(), console=Console(quiet=True))
    assert again.marked == 0


def _stamp(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.is_file() else None
