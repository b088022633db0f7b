"""Marks in nbgrader's gradebook: the same as nbgrader's own, a person's work kept, bad submissions apart."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from autograder.course import Course, CourseError
from autograder.gradebook import (
    ensure_assignment,
    known_students,
    nbgrader_config,
    open_gradebook,
    read_marks,
    record,
)
from autograder.verdicts import VerdictStore
from course_utils.outcomes import Status
from tests.autograder.made_up import hand_in, make_course, notebook, task, verdict

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A course whose gradebook knows the lesson: making a database takes nbgrader seconds."""
    course, lesson = make_course(tmp_path_factory.mktemp("prepared"))
    ensure_assignment(course, lesson)
    return course.root


@pytest.fixture
def course_and_lesson(prepared, tmp_path):
    shutil.copytree(prepared, tmp_path / "course")
    course = Course(tmp_path / "course")
    return course, course.lesson("layers")


def outcomes(blur=2.5):
    return (task("blur", Status.PARTIAL, blur, 4, "too dark"), task("sharpen", Status.PASSED, 4, 4))


def everything(course):
    """What the gradebook holds, without its random ids."""
    scores = "x.auto_score, x.manual_score, x.extra_credit, x.needs_manual_grade"
    joined = """JOIN base_cell b ON b.id = x.cell_id JOIN submitted_notebook n ON n.id = x.notebook_id
        JOIN submitted_assignment sa ON sa.id = n.assignment_id"""
    queries = {
        "grades": f"SELECT sa.student_id, b.name, {scores} FROM grade x {joined}",
        "comments": f"SELECT sa.student_id, b.name, x.auto_comment, x.manual_comment FROM comment x {joined}",
        "penalties": "SELECT late_submission_penalty FROM submitted_notebook",
        "cells": "SELECT name, type FROM base_cell",
        "sources": "SELECT cell_type, locked, source, checksum FROM source_cell",
        "submissions": "SELECT student_id, timestamp, extension FROM submitted_assignment",
    }
    with open_gradebook(course) as gradebook:
        found = {name: gradebook.db.execute(text(query)).all() for name, query in queries.items()}
    return {name: sorted(map(str, rows)) for name, rows in found.items()}


@pytest.mark.slow
def test_nbgrader_autograde_and_record_write_the_same(course_and_lesson, tmp_path):
    course, lesson = course_and_lesson
    verdicts = []
    for student, reflection in (("ada", "I saw edges."), ("ben", "My answer."), ("chen", "Text")):
        path = hand_in(course, lesson, student, notebook(course, lesson, reflection=reflection))
        made = verdict(lesson, student, *outcomes(), path=path, checks="these")
        VerdictStore(course.verdicts).put(made)
        verdicts.append(made)
    (course.submitted / "ada" / lesson.id / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC")
    shutil.copytree(course.root, tmp_path / "theirs")
    theirs = Course(tmp_path / "theirs")

    record(course, verdicts)

    config = (ROOT / "nbgrader_config.py").read_text() + f"\nc.FromVerdict.root = {str(theirs.root)!r}\n"
    (theirs.root / "nbgrader_config.py").write_text(config)
    place = {
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    # Which checks are today's is test_nbgrader_steps' matter; a check edited meanwhile must not make these stale.
    program = (
        "from autograder import lesson_material; lesson_material.checks_version = lambda lesson: 'these'\n"
        "from nbgrader.apps.nbgraderapp import NbGraderApp; NbGraderApp.launch_instance()"
    )
    command = [sys.executable, "-c", program, "autograde", lesson.id]
    done = subprocess.run(command, cwd=theirs.root, env=os.environ | place, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    ours, wanted = everything(course), everything(theirs)
    assert "2.5" in str(wanted["grades"])
    assert ours == wanted
    for student in ("ada", "ben", "chen"):
        name = f"grading/autograded/{student}/{lesson.id}/layers.ipynb"
        mine, nbgraders = (nbformat.read(c.root / name, as_version=4) for c in (course, theirs))
        assert mine == nbgraders


def test_marks_flags_and_notebooks_are_written(course_and_lesson):
    course, lesson = course_and_lesson
    hand_in(course, lesson, "ada", notebook(course, lesson))
    done = record(course, [verdict(lesson, "ada", *outcomes())])
    assert (done.recorded, done.unreadable, done.failed) == (((lesson.id, "ada"),), (), {})
    marks = read_marks(course)[lesson.id, "ada"]
    assert {name: (cell.auto, cell.needs_person) for name, cell in marks.cells.items()} == {
        "test_blur": (2.5, False),
        "test_sharpen": (4.0, False),
        "test_q_relu": (0.0, False),
        "reflection": (None, True),
    }
    assert (marks.score, marks.possible, marks.needs_person) == (6.5, 11.0, True)
    path = course.grading / "autograded" / "ada" / lesson.id / "layers.ipynb"
    shown = nbformat.read(path, as_version=4)
    nbformat.validate(shown)
    assert path.stat().st_mode & 0o777 == 0o444
    graded = next(c for c in shown.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_blur")
    assert (
        "BEGIN HIDDEN TESTS" in graded.source
    )  # restored from the gradebook, whatever the student made of it
    assert known_students(course) == {"ada": ""}


def test_a_persons_scores_and_comments_survive_and_are_asked_about_once(course_and_lesson):
    course, lesson = course_and_lesson
    hand_in(course, lesson, "ada", notebook(course, lesson))
    record(course, [verdict(lesson, "ada", *outcomes())])
    with open_gradebook(course) as gradebook:
        for name, score in (("reflection", 1.5), ("test_blur", 3.0)):
            grade = gradebook.find_grade(name, "layers", lesson.id, "ada")
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, 0.25, False
        gradebook.find_comment("reflection", "layers", lesson.id, "ada").manual_comment = "Well seen."
        gradebook.db.commit()

    record(course, [verdict(lesson, "ada", *outcomes())])
    same = read_marks(course)[lesson.id, "ada"]
    assert not same.needs_person  # nothing changed, so nobody is asked again

    record(course, [verdict(lesson, "ada", *outcomes(blur=1.0))])
    again = read_marks(course)[lesson.id, "ada"]
    assert (again.cells["test_blur"].auto, again.cells["test_blur"].manual) == (1.0, 3.0)
    assert again.cells["test_blur"].needs_person
    assert again.comments == {"reflection": "Well seen."}
    assert again.score == 3.25 + 4.0 + 0.0 + 1.75


def test_one_broken_submission_leaves_the_others_alone(course_and_lesson):
    course, lesson = course_and_lesson
    for student in ("ada", "ben"):
        hand_in(course, lesson, student, notebook(course, lesson))
    (course.submitted / "ben" / lesson.id / "layers.ipynb").write_text("{ this is no notebook")
    done = record(course, [verdict(lesson, student, *outcomes()) for student in ("ada", "ben", "cleo")])
    assert done.recorded == ((lesson.id, "ada"), (lesson.id, "cleo"))
    assert done.unreadable == ((lesson.id, "cleo"),)  # intake left nothing for her
    assert list(done.failed) == [(lesson.id, "ben")] and "left for a person" in done.failed[lesson.id, "ben"]
    marks = read_marks(course)
    assert marks[lesson.id, "ada"].score == 6.5
    for student in ("ben", "cleo"):
        assert marks[lesson.id, student].score == 0.0 and marks[lesson.id, student].needs_person


def test_forged_metadata_gains_nothing(course_and_lesson):
    course, lesson = course_and_lesson
    made = notebook(course, lesson)
    for cell in made.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("grade_id") == "test_blur":
            meta["points"] = 4000
            cell.source = "4000.0"
    made.cells.append(nbformat.from_dict({**made.cells[1], "id": "copied"}))
    hand_in(course, lesson, "ada", made)
    record(course, [verdict(lesson, "ada", task("blur", Status.PASSED, 4000, 4))])
    marks = read_marks(course)[lesson.id, "ada"]
    assert (marks.cells["test_blur"].score, marks.possible) == (4.0, 11.0)


def test_the_assignment_is_taken_over_from_a_changed_source(course_and_lesson):
    course, lesson = course_and_lesson
    lesson.source.write_text(lesson.source.read_text().replace('"points": 4', '"points": 5', 1))
    course = Course(course.root)
    lesson = course.lesson("layers")
    hand_in(course, lesson, "ada", notebook(course, lesson))
    record(course, [verdict(lesson, "ada", *outcomes())])
    assert read_marks(course)[lesson.id, "ada"].possible == 12.0

    lesson.source.write_text(lesson.source.read_text().replace("test_sharpen", "test_sharpest"))
    course = Course(course.root)
    with pytest.raises(CourseError, match="added or removed"):
        record(course, [verdict(course.lesson("layers"), "ada", *outcomes())])
    assert read_marks(course)[lesson.id, "ada"].score == 6.5


def test_a_gradebook_that_cannot_be_used_is_one_line(course_and_lesson):
    course, _ = course_and_lesson
    (course.grading / "gradebook.db").write_bytes(b"not a database at all" * 99)
    with pytest.raises(
        CourseError, match=r"cannot be used: file is not a database\. Restore a backup"
    ) as caught:
        read_marks(course)
    assert "\n" not in str(caught.value) and "db upgrade" not in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("database is locked", "Close the formgrader, or wait, and try again."),
        ("database disk image is malformed", "move it away and run `autograder grade` again"),
        ("no such column: assignment.extra", "back it up and run `nbgrader db upgrade`"),
        ("unable to open database file", "a file that you may read and write"),
    ],
)
def test_each_fault_of_a_gradebook_has_its_own_remedy(course_and_lesson, reason, remedy):
    course, _ = course_and_lesson
    with pytest.raises(CourseError, match=re.escape(remedy)) as caught, open_gradebook(course):
        raise OperationalError("SELECT 1", {}, sqlite3.OperationalError(reason))
    assert f"cannot be used: {reason}. " in str(caught.value)
    assert ("db upgrade" in str(caught.value)) == ("column" in reason)


def test_the_database_url_of_nbgraders_configuration_is_used(course_and_lesson):
    course, _ = course_and_lesson
    (course.grading / "gradebook.db").rename(course.root / "elsewhere.db")
    url = f"sqlite:///{course.root / 'elsewhere.db'}"
    (course.root / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.db_url = {json.dumps(url)}\n"
    )
    assert nbgrader_config(course).CourseDirectory.db_url == url
    assert known_students(course) == {}
    assert not (course.grading / "gradebook.db").exists()
    (course.root / "nbgrader_config.py").write_text("c = get_config(\n")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py cannot be read"):
        nbgrader_config(course)


def test_reading_the_configuration_leaves_the_search_path_alone(tmp_path: Path, monkeypatch) -> None:
    shutil.copyfile(ROOT / "nbgrader_config.py", tmp_path / "nbgrader_config.py")
    (tmp_path / "autograder").mkdir()  # another checkout's
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = list(sys.path)
    assert "CourseDirectory" in nbgrader_config(Course(tmp_path))
    assert sys.path == before
