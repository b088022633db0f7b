"""Marks in each platform's own columns."""

import csv
import io

import pytest

from autograder import export as module
from autograder.course import CourseError
from autograder.export import export
from autograder.gradebook_access import CellMark, Marks
from tests.autograder.made_up import make_course


@pytest.fixture
def course(tmp_path, monkeypatch):
    course, lesson = make_course(tmp_path)
    folder = course.solutions / "02_empty"
    folder.mkdir()
    (folder / "empty.py").write_text("# %% [markdown]\n# # Nobody's lesson\n")
    course.grading.mkdir()

    def marks(student, blur, reflection=None, penalty=0.0):
        cells = {
            "test_blur": CellMark("test_blur", blur, None, 0.0, 4.0, False),
            "reflection": CellMark("reflection", None, reflection, 0.25, 2.0, reflection is None),
        }
        return Marks(student, lesson.id, penalty, cells)

    held = {
        (lesson.id, "ada"): marks("ada", 2.5, 1.5),
        (lesson.id, "=cmd|' /C calc'!A0"): marks("ev", 1 / 3, None, 0.5),
    }
    monkeypatch.setattr(module, "read_marks", lambda *_: held)
    names = {"ada": "Ada Lovelace", "=cmd|' /C calc'!A0": "@SUM(1+1)", "absent": "-2+3"}
    monkeypatch.setattr(module, "known_students", lambda *_: names)
    return type(course)(course.root)


def roster(course, text):
    (course.grading / "roster.csv").write_text(text, encoding="utf-8")


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


ROSTER = """\ufeffstudent,name,canvas_id,sis_user_id,sis_login_id,section,email,id_number
ada,"Lovelace, Ada",17,S-0017,ada,A,ada@example.org,0017
=cmd|' /C calc'!A0,,18,+S18,,A,eve@example.org,
"""


def test_canvas(course):
    roster(course, ROSTER)
    table = read(export(course, "canvas"))
    assert table == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Looking at made-up layers"],
        ["    Points Possible", "", "", "", "", "11"],
        ["'@SUM(1+1)", "18", "'+S18", "", "A", "0.08"],
        ["Lovelace, Ada", "17", "S-0017", "ada", "A", "4.25"],
    ]


def test_canvas_updates_an_assignment_that_is_named(course):
    roster(course, ROSTER)
    with (course.root / "pyproject.toml").open("a") as file:
        file.write('[tool.course.lms_columns]\n01_layers = "Layers (4711)"\n')
    assert read(export(course, "canvas"))[0][-1] == "Layers (4711)"


def test_moodle(course):
    roster(course, ROSTER)
    table = read(export(course, "moodle", lessons=["layers"]))
    assert table == [
        ["Email address", "ID number", "Full name", "Looking at made-up layers"],
        ["eve@example.org", "", "'@SUM(1+1)", "0.08"],
        ["ada@example.org", "0017", "Lovelace, Ada", "4.25"],
    ]


def test_plain_csv_needs_no_roster(course, tmp_path):
    path = export(course, "csv", out=tmp_path / "somewhere" / "marks.csv")
    assert path == tmp_path / "somewhere" / "marks.csv"
    assert read(path) == [
        ["student", "name", "lesson", "score", "possible", "late_penalty", "needs_person"],
        ["'=cmd|' /C calc'!A0", "'@SUM(1+1)", "01_layers", "0.08", "11", "0.5", "yes"],
        ["absent", "'-2+3", "01_layers", "", "11", "", ""],
        ["ada", "Ada Lovelace", "01_layers", "4.25", "11", "0", "no"],
    ]


@pytest.mark.parametrize("lms", ["canvas", "moodle"])
def test_who_the_platform_cannot_know_is_named(course, lms):
    with pytest.raises(CourseError, match=r"ada.*grading/roster\.csv") as caught:
        export(course, lms)
    assert "\n" not in str(caught.value)
    roster(course, "student,canvas_id,email\nada,17,ada@example.org\n")
    with pytest.raises(CourseError, match=r"who these are: =cmd"):
        export(course, lms)
    assert not list(course.grading.glob("marks-*.csv"))


def test_a_roster_that_does_not_fit_is_one_line(course):
    roster(course, "name,email\nAda,ada@example.org\n")
    with pytest.raises(CourseError, match="no column `student`; its first line names name, email"):
        export(course, "canvas")
    (course.grading / "roster.csv").write_bytes(b"student,name\nada,\xe9\xff\n")
    with pytest.raises(CourseError, match="UTF-8"):
        export(course, "csv")
    # Moodle maps one column; here no column is filled for both.
    roster(course, "student,email,username\nada,ada@example.org,\n=cmd|' /C calc'!A0,,eve\n")
    with pytest.raises(CourseError, match="Moodle matches by one column"):
        export(course, "moodle")


def test_a_roster_with_semicolons_is_the_same(course):
    roster(course, ROSTER)
    wanted = read(export(course, "canvas"))
    written = io.StringIO()
    rows = csv.reader(io.StringIO(ROSTER.removeprefix("\ufeff")))
    csv.writer(written, delimiter=";").writerows(rows)
    roster(course, written.getvalue())
    assert read(export(course, "canvas")) == wanted


def test_unknown_platform_and_no_marks(course, monkeypatch):
    with pytest.raises(CourseError, match="no export for 'blackboard'"):
        export(course, "blackboard")
    monkeypatch.setattr(module, "read_marks", lambda *_: {})
    with pytest.raises(CourseError, match="no marks to export"):
        export(course, "csv")
