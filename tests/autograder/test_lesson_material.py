"""What a lesson is marked with, and what makes a verdict out of date."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import course_utils
from autograder.course import Course, CourseError, this_course
from autograder.lesson_material import (
    checks_of,
    checks_version,
    file_hash,
    guide_of,
    reference_notebook,
    still_holds,
)

LESSON = this_course().lesson("06_grad_cam")
PACKAGE = Path(course_utils.__file__).parent


def test_every_module_of_a_lessons_visible_side_is_found() -> None:
    names = {path.stem for path in LESSON.guide_files(PACKAGE)}
    assert names >= {"__init__", "questions", *(task.name for task in guide_of(LESSON).tasks)}
    assert [path.name for path in this_course().lesson("00_start_here").guide_files(PACKAGE)] == [
        "start_here.py"
    ]


def test_a_change_of_one_tasks_examples_changes_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = checks_version(LESSON)
    read = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda path: read(path) + (b"#" if path.name == "guided_grad_cam.py" else b"")
    )
    assert checks_version(LESSON) != before
    assert checks_version(this_course().lesson("03_hooks")) == checks_version(
        this_course().lesson("03_hooks")
    )


def test_a_lesson_without_checks_says_which_file_is_missing() -> None:
    with pytest.raises(CourseError, match=r"autograder/checks/nowhere/ is missing"):
        checks_of(replace(LESSON, source=Path("nowhere.py")))


def test_what_the_checks_lack_is_not_taken_for_missing_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "autograder.checks.grad_cam", raising=False)
    monkeypatch.setitem(sys.modules, "autograder.checks.grad_cam.cam", None)
    with pytest.raises(ModuleNotFoundError, match=r"grad_cam\.cam"):
        checks_of(LESSON)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"nbformat": 4, "nbformat_minor": 5, "cells": 3, "metadata": {}}']
)
def test_a_damaged_release_is_one_line_with_the_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notebooks" / LESSON.id / "grad_cam.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(CourseError, match=r"cannot be read .*Run `autograder build 06_grad_cam`") as caught:
        reference_notebook(Course(tmp_path), LESSON)
    assert "\n" not in str(caught.value)


def test_a_verdict_holds_for_one_file_and_one_version(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text("{}")
    verdict = SimpleNamespace(submission=file_hash(path), checks="v1")
    assert still_holds(verdict, path, "v1")
    assert not still_holds(verdict, path, "v2")
    path.write_text("{ }")
    assert not still_holds(verdict, path, "v1")
    path.unlink()
    assert not still_holds(verdict, path, "v1")
