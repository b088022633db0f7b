"""Lesson 6 and nbgrader's own commands: without our configuration no marks, with it the marks of ``grade``."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from autograder.batch import How
from autograder.course import Course, this_course
from autograder.demo import hand_in
from autograder.gradebook import ensure_assignment
from autograder.gradebook_access import read_marks
from autograder.grading import grade

KEPT = ("imports", "channel_weights", "test_channel_weights")


def nbgrader(folder: Path, *arguments: str) -> str:
    program = Path(sys.executable).parent / "nbgrader"
    environment = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


@pytest.mark.slow
def test_without_our_configuration_there_are_no_marks_and_the_reason_is_said(tmp_path: Path) -> None:
    lesson = this_course().lesson("06_grad_cam")
    notebook = copy.deepcopy(lesson.notebook)
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") in KEPT]
    setup = nbformat.v4.new_code_cell(
        'from course_utils import open_lesson\nlesson = open_lesson("06_grad_cam")'
    )
    notebook.cells.insert(0, setup)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'stock'\n")
    source = tmp_path / "source" / lesson.id / "grad_cam.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(notebook, source)
    nbgrader(tmp_path, "generate_assignment", lesson.id)
    released = nbformat.read(tmp_path / "release" / lesson.id / "grad_cam.ipynb", as_version=4)
    solved = {c.metadata.nbgrader.grade_id: c.source for c in notebook.cells if "nbgrader" in c.metadata}
    for cell in released.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = solved[cell.metadata.nbgrader.grade_id]
    submitted = tmp_path / "submitted" / "ada" / lesson.id / "grad_cam.ipynb"
    submitted.parent.mkdir(parents=True)
    nbformat.write(released, submitted)
    nbgrader(tmp_path, "autograde", lesson.id)
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(lesson.id, "ada").score == 0
    marked = (tmp_path / "autograded" / "ada" / lesson.id / "grad_cam.ipynb").read_text()
    assert "mark with this course's nbgrader_config.py" in marked


@pytest.mark.slow
def test_nbgraders_own_autograde_writes_the_marks_of_grade(tmp_path: Path) -> None:
    course = this_course()
    lesson = course.lesson("06_grad_cam")
    ours = Course(course.root, tmp_path / "ours")
    hand_in(ours, lesson)
    grade(ours, [lesson], how=How(), console=Console(quiet=True), workers=2)
    # nbgrader on a copy that holds what was handed in and the same secret, and no verdict.
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    shutil.copytree(ours.submitted, theirs / "submitted")
    shutil.copyfile(ours.grading / "secret", theirs / "secret")
    shutil.copytree(ours.inbox, theirs / "inbox")
    # As `nbgrader generate_assignment` does; nbgrader marks nothing that its gradebook does not know.
    ensure_assignment(Course(course.root, theirs), lesson)
    _autograde_with_our_configuration(course, lesson.id, theirs)
    mine, nbgraders = read_marks(ours), read_marks(Course(course.root, theirs))
    assert {who: (m.score, m.possible) for who, m in mine.items()} == {
        who: (m.score, m.possible) for who, m in nbgraders.items()
    }
    assert mine[lesson.id, "ada"].score == lesson.possible


def _autograde_with_our_configuration(course: Course, assignment: str, place: Path) -> None:
    """``nbgrader autograde`` on a checkout made of links, whose ``grading/`` is ``place``."""
    checkout = place.parent / "checkout"
    checkout.mkdir()
    for entry in ("solutions", "notebooks", "data", "pyproject.toml"):
        (checkout / entry).symlink_to(course.root / entry)
    config = (course.root / "nbgrader_config.py").read_text()
    (checkout / "nbgrader_config.py").write_text(f"{config}\nc.FromVerdict.root = {str(checkout)!r}\n")
    (checkout / "grading").symlink_to(place, target_is_directory=True)
    nbgrader(checkout, "autograde", assignment)
