"""Which file counts, of what a student handed in."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.course import Course, this_course
from autograder.inbox import handed_in


def _put(course: Course, student: str, name: str, age: float = 0.0) -> Path:
    path = course.inbox / student / "06_grad_cam" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def _course(tmp_path: Path) -> Course:
    return Course(this_course().root, tmp_path)


def test_the_lessons_own_name_counts_before_a_newer_copy(tmp_path: Path) -> None:
    course = _course(tmp_path)
    own = _put(course, "ada", "grad_cam.ipynb", age=100)
    copy = _put(course, "ada", "Copy of grad_cam.ipynb")
    (found,) = handed_in(course, course.lesson("06_grad_cam"))
    assert (found.student, found.path, found.others) == ("ada", own, (copy,))


def test_without_it_the_newest_counts(tmp_path: Path) -> None:
    course = _course(tmp_path)
    _put(course, "ada", "grad_cam (1).ipynb", age=50)
    newest = _put(course, "ada", "grad_cam (2).ipynb")
    assert handed_in(course, course.lesson("06_grad_cam"))[0].path == newest


def test_a_file_that_is_no_notebook_is_still_handed_in(tmp_path: Path) -> None:
    course = _course(tmp_path)
    path = _put(course, "ada", "homework.pdf")
    assert handed_in(course, course.lesson("06_grad_cam"))[0].path == path


def test_one_student_alone_and_nothing_at_all(tmp_path: Path) -> None:
    course = _course(tmp_path)
    lesson = course.lesson("06_grad_cam")
    assert handed_in(course, lesson) == []
    _put(course, "ada", "grad_cam.ipynb")
    _put(course, "ben", "grad_cam.ipynb")
    assert [h.student for h in handed_in(course, lesson)] == ["ada", "ben"]
    assert [h.student for h in handed_in(course, lesson, "ben")] == ["ben"]


def test_hidden_files_are_no_submissions(tmp_path: Path) -> None:
    course = _course(tmp_path)
    _put(course, "ada", ".DS_Store")
    _put(course, ".trash", "grad_cam.ipynb")
    assert handed_in(course, course.lesson("06_grad_cam")) == []
