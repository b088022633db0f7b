"""Marks in the column layout that each learning platform imports.

- Canvas: ``Student, ID, SIS User ID, SIS Login ID, Section``, then one column an assignment, and a row
``Points Possible``
  (Canvas' ``GradebookImporter``; a column named ``Title (123)`` or by an assignment's exact title updates
  that assignment, any other makes a new one).
- Moodle: user fields, of which one is mapped at import, then one column a grade item (Moodle's "Import grades
from CSV").
- csv: everything, one row a student and lesson.

The platforms' own identities of students come from ``grading/roster.csv``, a table with the columns
``student`` (the name of the student's folder in the inbox) and, as the platform needs them: ``name``,
``canvas_id``, ``sis_user_id``, ``sis_login_id``, ``section``, ``email``, ``id_number``, ``username``.

A lesson's column is named by its title; ``[tool.course.lms_columns]`` in ``pyproject.toml`` may name another,
such as ``06_grad_cam = "Grad-CAM (4711)"``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from autograder.course import Course, CourseError, Lesson
from autograder.gradebook_access import Marks, chosen_lessons, known_students, read_marks
from autograder.pages.rendering import lesson_title, write_page
from autograder.pages.safe_text import number, plain

CANVAS = {"ID": "canvas_id", "SIS User ID": "sis_user_id", "SIS Login ID": "sis_login_id"}
MOODLE = {"Email address": "email", "ID number": "id_number", "Username": "username"}
LMS = ("canvas", "moodle", "csv")

Table = list[list[str]]


def export(
    course: Course, lms: str, out: Path | None = None, lessons: Iterable[Lesson | str] | None = None
) -> Path:
    """Write the marks in the gradebook, a person's included, as one CSV file.

    A student who has not handed in a lesson gets an empty cell, which no platform takes for a 0.

    Args:
        lms: ``"canvas"``, ``"moodle"`` or ``"csv"``.
        out: the file to write; ``grading/marks-LMS.csv`` by default.
        lessons: lessons, or their ids, names or numbers; by default every lesson with marks.

    Raises:
        CourseError: if the platform is unknown, there are no marks, or the roster lacks what the platform
            needs.
    """
    if lms not in LMS:
        raise CourseError(f"There is no export for {lms!r}. There are: {', '.join(LMS)}.")
    chosen = chosen_lessons(course, lessons)
    marks = read_marks(course, [lesson.id for lesson in chosen])
    with_marks = {lesson for lesson, _ in marks}
    chosen = [lesson for lesson in chosen if lesson.id in with_marks]
    if not chosen:
        raise CourseError("The gradebook holds no marks to export. Run `autograder grade` first.")
    names = known_students(course)
    if lms == "csv":
        table = _plain(chosen, marks, names, _roster(course))
    else:
        students = sorted({student for _, student in marks})
        roster = _roster_for(course, lms, students)
        make = _canvas if lms == "canvas" else _moodle
        table = make(course, chosen, students, marks, names, roster)
    return write_page(out or course.grading / f"marks-{lms}.csv", _as_csv(table))


def _canvas(
    course: Course,
    lessons: list[Lesson],
    students: list[str],
    marks: dict[tuple[str, str], Marks],
    names: dict[str, str],
    roster: dict[str, dict[str, str]],
) -> Table:
    table = [["Student", *CANVAS, "Section", *(_column(course, lesson) for lesson in lessons)]]
    possible = [number(_possible(lesson)) for lesson in lessons]
    table.append(["    Points Possible", *[""] * (len(CANVAS) + 1), *possible])
    for student in students:
        entry = roster[student]
        name = entry.get("name") or names.get(student) or student
        identity = [entry.get(key, "") for key in CANVAS.values()]
        table.append([_text(cell) for cell in (name, *identity, entry.get("section", ""))])
        table[-1] += [_score(marks.get((lesson.id, student))) for lesson in lessons]
    return table


def _moodle(
    course: Course,
    lessons: list[Lesson],
    students: list[str],
    marks: dict[tuple[str, str], Marks],
    names: dict[str, str],
    roster: dict[str, dict[str, str]],
) -> Table:
    # Moodle refuses a file in which a mapped column is empty for somebody, so columns that nobody fills are
    # left out.
    used = {
        title: key for title, key in MOODLE.items() if any(roster[student].get(key) for student in students)
    }
    table = [[*used, "Full name", *(_column(course, lesson) for lesson in lessons)]]
    for student in students:
        entry = roster[student]
        name = entry.get("name") or names.get(student) or student
        table.append([_text(cell) for cell in (*(entry.get(key, "") for key in used.values()), name)])
        table[-1] += [_score(marks.get((lesson.id, student))) for lesson in lessons]
    return table


def _plain(
    lessons: list[Lesson],
    marks: dict[tuple[str, str], Marks],
    names: dict[str, str],
    roster: dict[str, dict[str, str]],
) -> Table:
    table = [["student", "name", "lesson", "score", "possible", "late_penalty", "needs_person"]]
    for student in sorted(set(names) | {student for _, student in marks}):
        name = roster.get(student, {}).get("name") or names.get(student, "")
        for lesson in lessons:
            mark = marks.get((lesson.id, student))
            needs = "" if mark is None else "yes" if mark.needs_person else "no"
            late = "" if mark is None else number(mark.penalty)
            row = [
                _text(student),
                _text(name),
                lesson.id,
                _score(mark),
                number(_possible(lesson)),
                late,
                needs,
            ]
            table.append(row)
    return table


def _possible(lesson: Lesson) -> float:
    return sum(cell.points for cell in lesson.graded)


def _score(mark: Marks | None) -> str:
    return "" if mark is None else number(mark.score)


def _column(course: Course, lesson: Lesson) -> str:
    return _text(course.settings.get("lms_columns", {}).get(lesson.id) or lesson_title(lesson))


def _text(value: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    value = plain(value, 300).replace("\n", " ").replace("\t", " ")
    return f"'{value}" if value.startswith(("=", "+", "-", "@")) else value


def _as_csv(table: Table) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(table)
    return buffer.getvalue()


def _roster(course: Course) -> dict[str, dict[str, str]]:
    path = course.grading / "roster.csv"
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
        header = text.partition("\n")[0]
        # A spreadsheet whose language has decimal commas separates by semicolons.
        separator = ";" if header.count(";") > header.count(",") else ","
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
        rows, columns = list(reader), [plain(name, 40) for name in reader.fieldnames or []]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"grading/roster.csv cannot be read: {error}. Save it as CSV in UTF-8.") from error
    if rows and "student" not in rows[0]:
        raise CourseError(
            f"grading/roster.csv has no column `student`; its first line names {', '.join(columns)}. "
            "Name the inbox's folders in a column `student`."
        )
    return {
        row["student"].strip(): {
            key: (value or "").strip() for key, value in row.items() if isinstance(value, str)
        }
        for row in rows
        if row["student"]
    }


def _roster_for(course: Course, lms: str, students: list[str]) -> dict[str, dict[str, str]]:
    keys = list((CANVAS if lms == "canvas" else MOODLE).values())
    roster = _roster(course)
    lacking = [s for s in students if not any(roster.get(s, {}).get(key) for key in keys)]
    if lacking:
        shown = ", ".join(plain(student, 60) for student in lacking[:8]) + (" …" if len(lacking) > 8 else "")
        raise CourseError(
            f"{lms.capitalize()} cannot tell who these are: {shown}. Give each a line in grading/roster.csv "
            f"with `student` and one of {', '.join(f'`{key}`' for key in keys)}."
        )
    if lms == "moodle" and not any(all(roster[s].get(key) for s in students) for key in keys):
        raise CourseError(
            f"Moodle matches by one column: fill one of {', '.join(f'`{key}`' for key in keys)} "
            "for every student in grading/roster.csv."
        )
    return roster
