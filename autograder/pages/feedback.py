"""The feedback page: one self-contained file a student and lesson, in which nothing of a student can act."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from autograder.course import Course, CourseError, Lesson
from autograder.gradebook_access import CellMark, Marks, read_marks
from autograder.pages.pictures import stored_pictures
from autograder.pages.rendering import lesson_title, render, shown, task_label, write_page
from autograder.pages.safe_text import number
from autograder.verdicts import Verdict
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome

MOST_ERRORS = 12


@dataclass(frozen=True)
class _Item:
    name: str
    status: Status
    earned: float
    possible: float
    message: str
    misconception: str


@dataclass(frozen=True)
class _Task:
    label: str
    status: Status
    words: str
    earned: float
    possible: float
    automatic: float | None
    by_person: bool
    is_reflection: bool
    waits: bool
    written: str
    comment: str
    together: str
    items: tuple[_Item, ...]


def feedback_path(course: Course, lesson: str, student: str) -> Path:
    """Where a student's page for a lesson lies."""
    return course.feedback / student / lesson / "feedback.html"


def write_feedback(course: Course, verdict: Verdict, marks: Marks | None = None) -> Path:
    """Write the feedback page of one submission.

    It is written twice, as ``feedback.html`` for people and as ``NAME.html`` for ``nbgrader
    release_feedback``.

    Args:
        verdict: what was found.
        marks: what the gradebook holds of this submission; read from it where left out. For a whole class use
            :func:`write_all`.

    Returns:
        The path of ``feedback.html``.
    """
    lesson = course.lesson(verdict.lesson)
    if marks is None:
        marks = _marks_of(course, verdict)
    path = write_page(
        feedback_path(course, lesson.id, verdict.student), _page(course, lesson, verdict, marks)
    )
    shutil.copyfile(path, path.with_name(f"{lesson.name}.html"))
    for name in ("timestamp.txt", "submission_secret.txt"):
        # release_feedback names the page by the secret that nbgrader's collection put beside the notebook.
        source = course.submitted / verdict.student / lesson.id / name
        if source.is_file():
            shutil.copyfile(source, path.with_name(name))
    return path


def write_all(course: Course, verdicts: Iterable[Verdict]) -> list[Path]:
    """Write the feedback pages of many submissions, the gradebook read once for all of them."""
    verdicts = list(verdicts)
    try:
        marks = read_marks(course, {verdict.lesson for verdict in verdicts})
    except CourseError:
        marks = {}
    found = [marks.get((v.lesson, v.student)) or Marks(v.student, v.lesson) for v in verdicts]
    return [write_feedback(course, verdict, mark) for verdict, mark in zip(verdicts, found)]


def _marks_of(course: Course, verdict: Verdict) -> Marks:
    nothing = Marks(verdict.student, verdict.lesson)
    try:
        return read_marks(course, [verdict.lesson], [verdict.student]).get(
            (verdict.lesson, verdict.student), nothing
        )
    except CourseError:
        # A page without a person's marks is better than no page; recording has said what is wrong with the
        # gradebook.
        return nothing


def _page(course: Course, lesson: Lesson, verdict: Verdict, marks: Marks) -> str:
    tasks = _tasks(course, lesson, verdict, marks)
    counted = [task for task in tasks if not task.waits]
    waiting = sum(task.possible for task in tasks if task.waits)
    marked = [task for task in tasks if not task.is_reflection]
    solved = sum(task.status is Status.PASSED for task in marked)
    earned = max(0.0, sum(task.earned for task in counted) - marks.penalty)
    remarks = []
    if waiting:
        remarks.append(f"{number(waiting)} more points come from a person, who has not read your text yet.")
    if marks.penalty:
        remarks.append(f"{number(marks.penalty)} points were taken off because the work came late.")
    summary = f"{solved} of {len(marked)} fully correct."
    if not tasks:
        summary = f"Nothing was marked: {verdict.status.words}."
    handed_in = course.root / verdict.file if verdict.file else None
    return render(
        "feedback.html.j2",
        course=course.settings["title"],
        title=lesson_title(lesson),
        student=shown(verdict.student, 100),
        earned=earned,
        possible=verdict.possible + sum(task.possible for task in counted if task.is_reflection),
        summary=summary,
        remarks=remarks,
        tasks=tasks,
        notes=[shown(note, 400) for note in verdict.notes],
        errors=_errors(verdict),
        pictures=stored_pictures(handed_in) if handed_in is not None else (),
    )


def _tasks(course: Course, lesson: Lesson, verdict: Verdict, marks: Marks) -> list[_Task]:
    by_name = {cell.name: cell.grade_id for cell in lesson.graded}
    found = []
    for outcome in verdict.tasks:
        grade_id = by_name.get(outcome.task, outcome.task)
        mark = marks.cells.get(grade_id)
        is_reflection = outcome.status is Status.NEEDS_PERSON
        comments = (marks.comments.get(outcome.task), marks.comments.get(f"answer_{outcome.task}"))
        written = _written(course, lesson, verdict.student, grade_id) if is_reflection else ""
        found.append(_task(outcome, mark, written, "\n".join(filter(None, comments))))
    return found


def _task(outcome: TaskOutcome, mark: CellMark | None, written: str, comment: str) -> _Task:
    by_person = mark is not None and (mark.manual is not None or mark.extra != 0)
    earned = mark.score if by_person else outcome.earned
    status = outcome.status
    if by_person:
        full = earned >= outcome.possible
        status = Status.PASSED if full else Status.PARTIAL if earned > 0 else Status.FAILED
    is_reflection = outcome.status is Status.NEEDS_PERSON
    items = [] if is_reflection else [_item(item) for item in outcome.items]
    together = items[0].message if len(items) > 1 and len({item.message for item in items}) == 1 else ""
    return _Task(
        label=task_label(shown(outcome.task, 100)),
        status=outcome.status if is_reflection else status,
        words="read by a person" if is_reflection and by_person else "",
        earned=earned,
        possible=outcome.possible,
        automatic=outcome.earned if by_person and not is_reflection else None,
        by_person=by_person,
        is_reflection=is_reflection,
        waits=is_reflection and not by_person,
        written=shown(written, 8000),
        comment=shown(comment, 4000),
        # What is the same for every item ("nothing written yet") is said once.
        together=together,
        items=tuple(replace(item, message="") if together else item for item in items),
    )


def _item(item: ItemOutcome) -> _Item:
    misconception = shown(item.misconception or "", 200).replace("_", " ")
    return _Item(
        shown(item.name, 200), item.status, item.earned, item.possible, shown(item.message), misconception
    )


def _written(course: Course, lesson: Lesson, student: str, grade_id: str) -> str:
    path = course.submitted / student / lesson.id / f"{lesson.name}.ipynb"
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:  # A page without the text is better than none; intake says what is wrong with the file.
        return ""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            return cell.source
    return ""


def _errors(verdict: Verdict) -> list[dict[str, str]]:
    """What stopped cells, without what they printed: a print inside a hidden call would show its inputs."""
    found = []
    for entry in verdict.log:
        if entry.get("message"):
            title = entry.get("title") or f"cell {entry.get('cell', '?')}"
            found.append({"where": shown(title, 80), "text": shown(entry["message"], 600)})
    return found[:MOST_ERRORS]
