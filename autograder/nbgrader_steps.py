"""nbgrader's Execute step replaced: marks come from the verdict, and nothing of a student acts in a browser.

``nbgrader_config.py`` lists :class:`FromVerdict` in ``Autograde.autograde_preprocessors``, so that ``nbgrader
autograde``, the formgrader's button and ``autograder grade`` all mark in the same way.
"""

from __future__ import annotations

import atexit
import html
import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode, from_dict
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from autograder import inbox
from autograder.course import Course, CourseError, Lesson, this_course
from autograder.pages.safe_text import plain, without_paths
from autograder.release.source import student_source
from autograder.verdicts import Verdict, VerdictStore
from course_utils.outcomes import TaskOutcome

if TYPE_CHECKING:
    from autograder.marking import Marker


def handed_in(course: Course, lesson: Lesson, student: str) -> Path | None:
    """The file that a verdict of this student has to speak of.

    That is the one in the inbox or, where a submission came through nbgrader's own collection and so has none
    there, the one in ``submitted/``.
    """
    in_inbox = inbox.handed_in(course, lesson, student)
    if in_inbox:
        return in_inbox[0].path
    collected = course.submitted / student / lesson.id / f"{lesson.name}.ipynb"
    return collected if collected.is_file() else None


def is_fresh(course: Course, lesson: Lesson, verdict: Verdict) -> bool:
    """Whether a stored verdict speaks of the file that lies there now, and of the checks as they are now."""
    from autograder import lesson_material

    path = handed_in(course, lesson, verdict.student)
    version = lesson_material.checks_version(lesson)
    return path is not None and lesson_material.still_holds(verdict, path, version)


def verdict_for(course: Course, lesson: Lesson, student: str, sandbox: str | None = None) -> Verdict:
    """The stored verdict where it is fresh, else a new one, which is stored.

    Args:
        sandbox: the sandbox level to mark under, ``None`` for the best that this machine offers.

    Raises:
        CourseError: if there is nothing to mark.
    """
    store = VerdictStore(course.verdicts)
    stored = store.get(lesson.id, student)
    if stored is not None and is_fresh(course, lesson, stored):
        return stored
    path = handed_in(course, lesson, student)
    if path is None:
        raise CourseError(f"{student} has handed in no notebook for {lesson.id}.")
    verdict = _marker(course, sandbox).mark_submission(lesson, path, student)
    store.put(verdict)
    return verdict


@lru_cache(maxsize=4)
def _marker(course: Course, sandbox: str | None) -> Marker:
    # nbgrader makes its steps anew for each submission; the template, which takes seconds to start, is kept.
    from autograder.marking import Marker

    marker = Marker(course, sandbox=sandbox)
    atexit.register(marker.close)
    return marker


class FromVerdict(NbGraderPreprocessor):
    """Writes each graded cell's mark and message from the verdict, and makes the notebook safe to look at.

    Where no verdict can be made the marks are 0 and the message says why; an exception here would stop a
    whole batch.
    """

    root = Unicode("", help="The course's checkout; by default the one in which this package stands.").tag(
        config=True
    )

    sandbox = Unicode(
        "", help="The sandbox level to mark under; by default the best this machine offers."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        where = resources["nbgrader"]
        verdict, reason, own = None, "", frozenset()
        try:
            course = Course(Path(self.root)) if self.root else this_course()
            lesson = course.lesson(where["assignment"])
            own = own_texts(course, lesson)
            verdict = verdict_for(course, lesson, where["student"], self.sandbox or None)
        except CourseError as error:
            reason = str(error)
        except Exception as error:  # One submission may never stop the others, whatever went wrong with it.
            self.log.exception("Marking %s of %s failed", where["assignment"], where["student"])
            reason = f"The marker itself failed ({type(error).__name__}). Please look at its log."
        write_marks(nb, verdict, own, reason)
        return nb, resources


def own_texts(course: Course, lesson: Lesson) -> frozenset[str]:
    """The lesson's own text cells as they stand in the release: what may be shown as it was written."""
    return _own_texts(course, lesson, lesson.source.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _own_texts(course: Course, lesson: Lesson, changed: int) -> frozenset[str]:
    # A lesson read anew, since the formgrader's server outlives many edits of a source.
    notebook = student_source(course, Lesson(lesson.id, lesson.source))
    return frozenset(cell.source.strip() for cell in notebook.cells if cell.cell_type == "markdown")


def write_marks(nb: NotebookNode, verdict: Verdict | None, own: frozenset[str], reason: str = "") -> None:
    """Make the notebook safe to look at and set each graded cell's outputs to message and mark, in place.

    Args:
        verdict: what was found, ``None`` where no verdict could be made: every mark is 0.
        own: the lesson's own text cells, from :func:`own_texts`.
        reason: why there is none.
    """
    make_safe(nb, own)
    for cell in nb.cells:
        if utils.is_grade(cell):
            _write_mark(cell, verdict, reason)


def _write_mark(cell: NotebookNode, verdict: Verdict | None, reason: str) -> None:
    meta = cell.metadata.nbgrader
    if utils.is_solution(cell):
        # A checksum equal to the release's makes nbgrader give a blank reflection 0 without asking anybody.
        # Without the checksum every reflection waits for a person, the blank one too, since it may have been
        # written elsewhere.
        meta.pop("checksum", None)
        return
    if cell.cell_type != "code":
        return
    outcome = verdict.task(meta["grade_id"].removeprefix("test_")) if verdict else None
    earned = bounded(outcome.earned if outcome else 0.0, float(meta["points"]))
    if outcome is None and not reason:
        reason = _why_unmarked(verdict)
    text, markup = _as_text(outcome, reason), _as_html(outcome, reason)
    message = {"text/plain": text, "text/html": markup}
    mark = {"text/plain": repr(earned)}
    cell.outputs = [
        from_dict({"output_type": "display_data", "data": message, "metadata": {}}),
        from_dict({"output_type": "execute_result", "data": mark, "metadata": {}, "execution_count": None}),
    ]


def bounded(earned: float, most: float) -> float:
    """A mark that nbgrader reads as it is meant: finite and within [0, most].

    nbgrader takes ``nan``, a negative number or no number for full marks, and stops on one above the maximum.
    """
    earned = float(earned)
    return min(max(earned, 0.0), most) if math.isfinite(earned) else 0.0


def make_safe(nb: NotebookNode, own: frozenset[str]) -> None:
    """Take out of a notebook, in place, all that could act in a browser.

    The formgrader renders markdown, and with it HTML, attachments and MathJax, whose ``\\href`` takes any
    address. So every text that is not word for word the lesson's own is shown as it was typed, escaped, in
    ``<pre>``; what metadata says of a cell is not believed. Outputs, attachments, widgets, tags and ids go.
    """
    nb.metadata = NotebookNode({key: nb.metadata[key] for key in ("kernelspec",) if key in nb.metadata})
    for number, cell in enumerate(nb.cells):
        nbgrader_meta = cell.metadata.get("nbgrader", {})
        cell.metadata = NotebookNode({"nbgrader": nbgrader_meta} if "grade_id" in nbgrader_meta else {})
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        elif cell.cell_type != "markdown" or cell.source.strip() not in own:
            # A raw cell with an HTML type would be written into the page as it stands.
            cell.cell_type, cell.source = "markdown", _as_typed(cell.source)
        cell.pop("attachments", None)
        if nb.nbformat_minor >= 5:
            cell["id"] = f"cell-{number}"
        else:
            cell.pop("id", None)


def _as_typed(source: str) -> str:
    # <pre> opens an HTML block that ends at </pre> alone, which the escaped text cannot hold: no markdown
    # inside it acts.
    return f"<pre>{html.escape(plain(source, limit=20_000))}</pre>" if source.strip() else ""


def _why_unmarked(verdict: Verdict | None) -> str:
    notes = " ".join(verdict.notes) if verdict else ""
    return notes or "This task was not found in the notebook that was handed in."


def _as_text(outcome: TaskOutcome | None, reason: str) -> str:
    if outcome is None:
        return f"Not marked: {_message(reason)}"
    lines = [f"{outcome.status.symbol} {outcome.status.words}"]
    for item in outcome.items:
        lines.append(
            f"{item.status.symbol} {plain(item.name, 200)}: {_message(item.message) or item.status.words}"
        )
    return "\n".join(lines)


def _as_html(outcome: TaskOutcome | None, reason: str) -> str:
    if outcome is None:
        markup = f"<b>Not marked</b>: {html.escape(_message(reason))}"
    else:
        items = "".join(
            f"<li>{item.status.symbol} <b>{html.escape(plain(item.name, 200))}</b> "
            f"<i>({item.status.words})</i> {html.escape(_message(item.message))}</li>"
            for item in outcome.items
        )
        markup = f"<b>{outcome.status.symbol} {outcome.status.words}</b><ul>{items}</ul>"
    return _sanitized(markup)


@lru_cache(maxsize=4096)
def _sanitized(markup: str) -> str:
    # Escaped already; a second, independent wall, because a message may quote what the student's code said. Most
    # of a class is told the same.
    return SanitizeHTML(tags=["b", "i", "ul", "li"], attributes={}).sanitize_html_tags(markup)


def _message(text: str) -> str:
    return without_paths(plain(text))
