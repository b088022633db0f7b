"""The class at a glance: one HTML page for all lessons, and a table for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from rich import box
from rich.table import Table
from rich.text import Text

from autograder.course import Course, Lesson
from autograder.gradebook_access import Marks, chosen_lessons, known_students, read_marks
from autograder.pages.feedback import feedback_path
from autograder.pages.rendering import lesson_title, render, shown, task_label, write_page
from autograder.pages.safe_text import number
from autograder.verdicts import Verdict, VerdictStore
from course_utils.outcomes import Status, TaskOutcome

LONGEST_LIST = 10
BINS = 10
BAR_HEIGHT = 96.0

_STYLES = {
    Status.PASSED: "green",
    Status.PARTIAL: "yellow",
    Status.NOT_ATTEMPTED: "dim",
    Status.NEEDS_PERSON: "magenta",
}
_TO_READ = "reflection to read"
_LOOK_INTO = (Status.CRASHED, Status.TIMEOUT)


def write_report(course: Course, lessons: Iterable[Lesson | str] | None = None) -> Path:
    """Write ``grading/report.html`` from the verdicts and the gradebook.

    Args:
        lessons: lessons, or their ids, names or numbers; by default every lesson with a verdict.

    Raises:
        CourseError: if there is no such lesson, or the gradebook cannot be used.
    """
    chosen = chosen_lessons(course, lessons)
    store = VerdictStore(course.verdicts)
    found = {lesson.id: store.all(lesson.id) for lesson in chosen}
    chosen = [lesson for lesson in chosen if found[lesson.id] or lessons]
    marks = read_marks(course, [lesson.id for lesson in chosen])
    students = known_students(course)
    page = render(
        "report.html.j2",
        course=course.settings["title"],
        written=f"{datetime.now():%d %B %Y, %H:%M}",
        lessons=[_lesson(course, lesson, found[lesson.id], marks, students) for lesson in chosen],
    )
    return write_page(course.grading / "report.html", page)


def _lesson(
    course: Course,
    lesson: Lesson,
    verdicts: list[Verdict],
    marks: dict[tuple[str, str], Marks],
    students: dict[str, str],
) -> dict[str, Any]:
    rows = [_row(course, lesson, verdict, marks.get((lesson.id, verdict.student))) for verdict in verdicts]
    shares = [row["share"] for row in rows]
    spread = Counter(min(int(share * BINS), BINS - 1) for share in shares)
    tallest = max(spread.values(), default=1)
    persons = [entry for v in verdicts for entry in _needs(course, v, marks.get((lesson.id, v.student)))]
    handed_in = {verdict.student for verdict in verdicts}
    return {
        "id": lesson.id,
        "title": lesson_title(lesson),
        "columns": [{"label": task_label(cell.name), "possible": cell.points} for cell in lesson.graded],
        "possible": sum(cell.points for cell in lesson.graded),
        "rows": rows,
        "statuses": _used(verdicts),
        "students": len(students),
        "median": f"{100 * median(shares):.0f}" if shares else "–",
        "sandboxes": ", ".join(sorted({shown(verdict.sandbox, 40) for verdict in verdicts})) or "–",
        "spread": [{"count": spread[b], "height": BAR_HEIGHT * spread[b] / tallest} for b in range(BINS)],
        "spread_words": "; ".join(
            f"{spread[b]} with {100 * b // BINS} to {100 * (b + 1) // BINS} percent"
            for b in range(BINS)
            if spread[b]
        ),
        "hardest": _hardest(lesson, verdicts),
        "wrong": _commonest_items(verdicts),
        "misconceptions": _misconceptions(verdicts),
        "persons": [entry for entry in persons if entry["why"] != _TO_READ],
        "to_read": [entry for entry in persons if entry["why"] == _TO_READ],
        "missing": [shown(_named(s, students[s]), 120) for s in students if s not in handed_in],
    }


def _row(course: Course, lesson: Lesson, verdict: Verdict, marks: Marks | None) -> dict[str, Any]:
    cells, earned, possible = [], 0.0, 0.0
    for graded in lesson.graded:
        outcome = verdict.task(graded.name)
        if outcome is None:
            cells.append(None)
            possible += graded.points if graded.kind != "reflection" else 0.0
            continue
        points = _points(outcome, marks, graded.grade_id)
        cells.append({"status": outcome.status, "text": "" if points is None else number(points)})
        earned += points or 0.0
        possible += graded.points if points is not None else 0.0
    earned = max(0.0, earned - (marks.penalty if marks else 0.0))
    return {
        "student": shown(verdict.student, 80),
        "link": _link(course, verdict),
        "cells": cells,
        "earned": earned,
        "share": min(1.0, earned / possible) if possible else 0.0,
    }


def _points(outcome: TaskOutcome, marks: Marks | None, grade_id: str) -> float | None:
    """Points as they count now: a person's before the automatic ones; ``None`` while a person is awaited."""
    mark = marks.cells.get(grade_id) if marks else None
    if mark is not None and (mark.manual is not None or mark.extra):
        return mark.score
    return None if outcome.status is Status.NEEDS_PERSON else outcome.earned


def _link(course: Course, verdict: Verdict) -> str:
    path = feedback_path(course, verdict.lesson, verdict.student)
    return quote(path.relative_to(course.grading).as_posix()) if path.is_file() else ""


def _named(student: str, name: str) -> str:
    return f"{name} ({student})" if name else student


def _hardest(lesson: Lesson, verdicts: list[Verdict]) -> list[dict[str, Any]]:
    found = []
    for graded in lesson.marked:
        outcomes = [outcome for v in verdicts if (outcome := v.task(graded.name)) is not None]
        if outcomes and graded.points:
            share = sum(outcome.earned for outcome in outcomes) / (graded.points * len(outcomes))
            solved = sum(outcome.status is Status.PASSED for outcome in outcomes)
            found.append(
                {
                    "label": task_label(graded.name),
                    "share": min(max(share, 0.0), 1.0),
                    "percent": f"{100 * share:.0f}",
                    "solved": solved,
                    "count": len(outcomes),
                }
            )
    return sorted(found, key=lambda task: task["share"])


def _commonest(found: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    ranked = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:LONGEST_LIST]
    return [
        {"task": task_label(shown(task, 100)), "name": shown(name, 200), "count": n}
        for (task, name), n in ranked
    ]


def _commonest_items(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    wrong = Counter(
        (task, name)
        for verdict in verdicts
        # Once a student and item; what was not attempted says nothing about the item.
        for task, name in {
            (task.task, item.name)
            for task in verdict.tasks
            for item in task.items
            if item.status not in (Status.PASSED, Status.NOT_ATTEMPTED, Status.NEEDS_PERSON)
        }
    )
    return _commonest(wrong)


def _misconceptions(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    named = Counter(
        pair
        for verdict in verdicts
        for pair in {
            (task.task, item.misconception.replace("_", " "))
            for task in verdict.tasks
            for item in task.items
            if item.misconception
        }
    )
    return _commonest(named)


def _needs(course: Course, verdict: Verdict, marks: Marks | None) -> list[dict[str, str]]:
    why = []
    marked = [task.status for task in verdict.tasks if task.status is not Status.NEEDS_PERSON]
    if verdict.status is not Status.NOT_ATTEMPTED and all(s is Status.NOT_ATTEMPTED for s in marked):
        why.append(f"nothing could be read: {' '.join(verdict.notes).rstrip('.') or verdict.status.words}")
    for task in verdict.tasks:
        if task.status is Status.NEEDS_PERSON:
            mark = next((m for i, m in marks.cells.items() if i == task.task), None) if marks else None
            if mark is None or mark.needs_person:
                why.append(_TO_READ)
        elif task.status in _LOOK_INTO:
            why.append(f"{task_label(task.task)} {task.status.words}")
    if marks is not None:
        names = [
            m.grade_id.removeprefix("test_")
            for m in marks.cells.values()
            if m.needs_person and m.manual is not None
        ]
        again = [
            task_label(name)
            for name in names
            if (task := verdict.task(name)) and task.status is not Status.NEEDS_PERSON
        ]
        if again:
            why.append("marked by hand before, to be looked at again: " + ", ".join(again))
    if not why:
        return []
    return [
        {
            "student": shown(verdict.student, 80),
            "link": _link(course, verdict),
            "why": shown("; ".join(why), 400),
        }
    ]


def class_table(verdicts: Iterable[Verdict]) -> Table:
    """The class for a terminal of 80 columns: a symbol for each task, points and outcome for each student."""
    verdicts = list(verdicts)
    lessons = sorted({verdict.lesson for verdict in verdicts})
    one = lessons[0] if len(lessons) == 1 else None
    table = Table(
        title=f"Marks of {one}" if one else "Marks",
        title_justify="left",
        caption_justify="left",
        # Without upright lines a lesson's eleven tasks leave room for the words.
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    if one is None:
        table.add_column("Lesson")
    table.add_column("Student", overflow="fold")
    names = list(dict.fromkeys(task.task for verdict in verdicts for task in verdict.tasks)) if one else []
    for position in range(1, len(names) + 1):
        table.add_column(str(position), justify="center", no_wrap=True)
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("How it went")
    for verdict in sorted(verdicts, key=lambda v: (v.lesson, v.student)):
        cells: list[Text] = [] if one else [Text(verdict.lesson)]
        cells.append(Text(shown(verdict.student, 60)))
        cells += [_cell(verdict.task(name)) for name in names]
        cells.append(Text(f"{number(verdict.earned)} of {number(verdict.possible)}"))
        cells.append(Text(verdict.status.words, _STYLES.get(verdict.status, "red")))
        table.add_row(*cells)
    legend = [", ".join(f"{s.symbol} {s.words}" for s in _used(verdicts))]
    if names:
        legend.append(", ".join(f"{i} {shown(task_label(name), 40)}" for i, name in enumerate(names, 1)))
    table.caption = Text("\n".join(legend), "dim")
    return table


def _used(verdicts: list[Verdict]) -> list[Status]:
    used = {task.status for verdict in verdicts for task in verdict.tasks}
    return [status for status in Status if status in used]


def _cell(outcome: TaskOutcome | None) -> Text:
    if outcome is None:
        return Text("–", "dim")
    return Text(outcome.status.symbol, _STYLES.get(outcome.status, "red"))
