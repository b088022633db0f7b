"""What ``autograder grade`` says of an inbox that is not as it should be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from autograder import batch, cli, grading
from autograder.course import Course, this_course
from autograder.gradebook import Recorded


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """An empty grading folder; marking gives 0 points at once, and no gradebook is written."""
    course = Course(this_course().root, tmp_path / "grading")
    course.inbox.mkdir(parents=True)
    monkeypatch.setattr(cli, "this_course", lambda: course)
    monkeypatch.setattr(grading, "_mark", lambda course, jobs, *_: [_marked(course, job) for job in jobs])
    monkeypatch.setattr(grading.gradebook, "record", lambda *_: Recorded((), (), {}))
    monkeypatch.setattr(grading.feedback, "write_all", lambda *_: [])
    monkeypatch.setattr(grading, "write_report", lambda *_: course.grading / "report.html")
    return course


def _marked(course: Course, job: batch.Job) -> batch.Verdict:
    return batch._with_note(batch.crashed(course, job, "Marked."), job.note)


def _put(course: Course, where: str) -> Path:
    path = course.inbox / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return path


def _grade(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["grade", *arguments])


def _lines(result: Result) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("autograder: ")]


def test_all_in_its_place_is_status_0_and_no_complaint(course: Course) -> None:
    _put(course, "ada/06_grad_cam/grad_cam.ipynb")
    result = _grade("6")
    assert (result.exit_code, _lines(result)) == (0, [])
    assert "ada" in result.stdout


def test_the_others_are_marked_where_a_name_is_not_utf8(course: Course) -> None:
    _put(course, "ada/06_grad_cam/grad_cam.ipynb")
    _put(course, os.fsdecode(b"caf\xe9") + "/06_grad_cam/grad_cam.ipynb")
    result = _grade("6")
    (line,) = _lines(result)
    assert "caf\\xe9 is not marked: its name is not UTF-8. Rename it." in line
    assert result.exit_code == 1 and "ada" in result.stdout


def test_a_notebook_in_a_wrong_place_is_told_where_there_is_nothing_else(course: Course) -> None:
    _put(course, "bob/grad_cam.ipynb")
    result = _grade("6")
    (line,) = _lines(result)
    assert "bob/grad_cam.ipynb is not marked" in line and "inbox/STUDENT/LESSON/" in line
    assert result.exit_code == 1 and "No notebooks in" in result.stdout


def test_a_whole_class_in_the_wrong_place_is_no_flood(course: Course) -> None:
    for number in range(30):
        _put(course, f"student{number:02}/grad_cam.ipynb")
    lines = _lines(_grade("6"))
    assert len(lines) == 21 and lines[-1].startswith("autograder: 10 more")


def test_notebooks_beside_the_one_that_was_marked_are_named(course: Course) -> None:
    old = _put(course, "ada/06_grad_cam/grad_cam.ipynb")
    os.utime(old, (1_000_000, 1_000_000))
    _put(course, "ada/06_grad_cam/grad_cam (1).ipynb")
    result = _grade("6")
    assert result.exit_code == 0
    assert "ada, 06_grad_cam: Also there, not marked: grad_cam.ipynb." in result.stderr


def test_a_student_who_is_not_there_is_one_line_and_status_1(course: Course) -> None:
    _put(course, "ada/06_grad_cam/grad_cam.ipynb")
    result = _grade("6", "--student", "anna")
    (line,) = result.stderr.splitlines()
    assert "no folder anna" in line and result.exit_code == 1
