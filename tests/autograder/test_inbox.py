"""Which file counts, of what a student handed in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from autograder.course import Course, this_course
from autograder.inbox import handed_in, left_out


def _put(course: Course, student: str, name: str, age: float = 0.0) -> Path:
    path = course.inbox / student / "06_grad_cam" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def _course(tmp_path: Path) -> Course:
    return Course(this_course().root, tmp_path)


def test_the_newest_counts_whatever_its_name(tmp_path: Path) -> None:
    """A student who downloads again hands in ``grad_cam (1).ipynb``, and often the old file with it."""
    course = _course(tmp_path)
    old = _put(course, "ada", "grad_cam.ipynb", age=100)
    again = _put(course, "ada", "grad_cam (1).ipynb")
    (found,) = handed_in(course, course.lesson("06_grad_cam"))
    assert (found.student, found.path, found.others) == ("ada", again, (old,))


def test_at_one_time_the_lessons_own_name_counts(tmp_path: Path) -> None:
    """As from an archive, whose files may all have the time of unpacking."""
    course = _course(tmp_path)
    own = _put(course, "ada", "grad_cam.ipynb")
    copies = [_put(course, "ada", f"grad_cam ({number}).ipynb") for number in (1, 2)]
    (found,) = handed_in(course, course.lesson("06_grad_cam"))
    assert (found.path, found.others) == (own, tuple(copies))
    own.unlink()
    assert handed_in(course, course.lesson("06_grad_cam"))[0].path == copies[1]


def test_only_notebooks_are_further_notebooks(tmp_path: Path) -> None:
    course = _course(tmp_path)
    own = _put(course, "ada", "grad_cam.ipynb")
    _put(course, "ada", "newer.png", age=-50)
    (found,) = handed_in(course, course.lesson("06_grad_cam"))
    assert (found.path, found.others) == (own, ())


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


@pytest.mark.parametrize(
    "where",
    [
        "ann/06_gradcam/x.ipynb",
        "ann/6/x.ipynb",
        "ann/06_Grad_Cam/x.ipynb",
        "bob/grad_cam.ipynb",
        "bob/06_grad_cam/sub/x.IPYNB",
        "grad_cam.ipynb",
        "06_grad_cam/bob/grad_cam.ipynb",
    ],
)
def test_a_notebook_in_another_place_is_named_with_the_right_place(tmp_path: Path, where: str) -> None:
    course = _course(tmp_path)
    _put(course, "ada", "grad_cam.ipynb")
    assert left_out(course) == []
    path = course.inbox / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    (line,) = left_out(course)
    assert line.startswith(f"{path} is not marked: ") and f"{course.inbox}/STUDENT/LESSON/" in line
    assert [h.student for h in handed_in(course, course.lesson("06_grad_cam"))] == ["ada"]


def test_what_programs_leave_behind_is_not_named(tmp_path: Path) -> None:
    course = _course(tmp_path)
    for where in ("ada/06_grad_cam/.ipynb_checkpoints/x.ipynb", "__MACOSX/ada/x.ipynb", "ada/._x.ipynb"):
        (course.inbox / where).parent.mkdir(parents=True, exist_ok=True)
        (course.inbox / where).write_text("{}")
    assert left_out(course) == []


def test_only_one_students(tmp_path: Path) -> None:
    course = _course(tmp_path)
    for where in ("ann/x.ipynb", "bob/x.ipynb", "06_grad_cam/ann/x.ipynb"):
        (course.inbox / where).parent.mkdir(parents=True, exist_ok=True)
        (course.inbox / where).write_text("{}")
    assert len(left_out(course)) == 3
    assert all("ann/" in line for line in left_out(course, "ann")) and len(left_out(course, "ann")) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_names_that_cannot_be_written_down_are_left_out(tmp_path: Path) -> None:
    course = _course(tmp_path)
    _put(course, os.fsdecode(b"caf\xe9"), "grad_cam.ipynb")
    _put(course, "ada", os.fsdecode(b"caf\xe9.ipynb"))
    _put(course, "b" * 230, "grad_cam.ipynb")
    good = _put(course, "ada", "grad_cam.ipynb", age=10)
    (found,) = handed_in(course, course.lesson("06_grad_cam"))
    assert (found.path, found.others) == (good, ())
    lines = left_out(course)
    assert len(lines) == 3 and all(line.encode() and line.endswith("Rename it.") for line in lines)
    assert sum("inbox/caf\\xe9 is not marked" in line for line in lines) == 1
    assert sum("ada/06_grad_cam/caf\\xe9.ipynb is not marked" in line for line in lines) == 1


def test_a_link_to_anothers_work_is_left_out(tmp_path: Path) -> None:
    """Archives and repositories carry links: one to the solution would be marked as the student's own."""
    course = _course(tmp_path)
    own = _put(course, "ada", "grad_cam.ipynb")
    place = course.inbox / "mallory" / "06_grad_cam"
    place.mkdir(parents=True)
    (place / "grad_cam.ipynb").symlink_to(own)
    (course.inbox / "mona").mkdir()
    (course.inbox / "mona" / "06_grad_cam").symlink_to(own.parent)
    assert [found.student for found in handed_in(course, course.lesson("06_grad_cam"))] == ["ada"]
    lines = left_out(course)
    assert len(lines) == 2 and all("it is a link to another place" in line for line in lines)
    (course.inbox / "class-folder").symlink_to(own.parent.parent)  # the instructor's doing
    assert [f.student for f in handed_in(course, course.lesson("06_grad_cam"))] == ["ada", "class-folder"]
