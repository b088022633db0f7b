"""A course of one lesson, submissions and verdicts, all made up."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from PIL import Image

from autograder.course import Course, Lesson
from autograder.release.source import student_source
from autograder.verdicts import Verdict
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)></style></pre>"
    "<iframe src='javascript:alert(3)'></iframe> [click](javascript:alert(4)) "
    "$\\href{javascript:alert(5)}{x}$ \x1b[31mred\x1b[0m \u202egnp.exe\u202c {{ 7*7 }}"
)
_PYPROJECT = """[tool.course]
title = "Seeing Made Up"
version = "1.0.0"
release_url = "https://example.org/made-up"
repository = "example/made-up"
branch = "main"
"""


def _cell(grade_id: str, body: str, *, markdown: bool = False, **flags: object) -> str:
    meta = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    meta.update(flags, grade_id=grade_id)
    if markdown:
        body = "\n".join(f"# {line}" for line in body.splitlines())
    return f"# %%{' [markdown]' if markdown else ''} nbgrader={json.dumps(meta)}\n{body}\n\n"


def _graded(name: str, call: str, points: float) -> str:
    hidden = "### BEGIN HIDDEN TESTS\nraise RuntimeError('Not marked.')\n### END HIDDEN TESTS"
    return _cell(f"test_{name}", f"{call}\n{hidden}", grade=True, locked=True, points=points)


def source() -> str:
    """The lesson's source in py:percent: two tasks, a question, a reflection."""
    text = "# %% [markdown]\n# # Looking at made-up layers\n#\n# Goals, with a < b and `code`.\n\n"
    for name in ("blur", "sharpen"):
        body = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
        text += _cell(name, body, solution=True) + _graded(name, f"lesson.check({name})", 4)
    text += _cell("answer_q_relu", 'answer_q_relu = "B"  # one of "A", "B"', solution=True)
    text += _graded("q_relu", 'lesson.answer("q_relu", answer_q_relu)', 1)
    return text + _cell("reflection", "My answer.", markdown=True, grade=True, solution=True, points=2)


def make_course(root: Path) -> tuple[Course, Lesson]:
    """A checkout with the made-up lesson ``01_layers`` in an empty folder."""
    folder = root / "solutions" / "01_layers"
    folder.mkdir(parents=True)
    (folder / "layers.py").write_text(source(), encoding="utf-8")
    (root / "pyproject.toml").write_text(_PYPROJECT, encoding="utf-8")
    course = Course(root)
    return course, course.lesson("layers")


def png(colour: str = "teal", size: tuple[int, int] = (40, 30)) -> str:
    """A picture as a notebook stores it."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def notebook(
    course: Course, lesson: Lesson, reflection: str = "I saw edges.", notes: str = ""
) -> nbformat.NotebookNode:
    """What a student hands in: the source's cells with text and one stored picture of their own."""
    made = student_source(course, lesson)
    for cell in made.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "reflection":
            cell.source = reflection
    if notes:
        made.cells.append(nbformat.v4.new_markdown_cell(notes))
    shown = nbformat.v4.new_output("display_data", data={"image/png": png(), "text/html": HOSTILE})
    made.cells.append(nbformat.v4.new_code_cell("plot()", outputs=[shown]))
    return made


def hand_in(course: Course, lesson: Lesson, student: str, made: nbformat.NotebookNode) -> Path:
    """Put a notebook into the inbox and, as intake would, into ``submitted/``; returns the inbox's file."""
    name = f"{lesson.name}.ipynb"
    for folder in (course.submitted, course.inbox):
        path = folder / student / lesson.id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(made, path)
    return path


def task(
    name: str, status: Status, earned: float, possible: float, message: str = "", mix_up: str | None = None
):
    """A task's outcome with one item."""
    item = ItemOutcome(f"{name} looks right", status, message, mix_up, earned, possible)
    return TaskOutcome(name, status, earned, possible, (item,))


def verdict(lesson: Lesson, student: str, *tasks: TaskOutcome, path: Path | None = None, **more) -> Verdict:
    """A verdict over these tasks and the reflection."""
    reflection = TaskOutcome("reflection", Status.NEEDS_PERSON, 0.0, 2.0)
    earned = sum(outcome.earned for outcome in tasks)
    submission = hashlib.sha256(path.read_bytes()).hexdigest() if path else ""
    file = f"grading/inbox/{student}/{lesson.id}/{path.name}" if path else ""
    values = {"status": Status.PARTIAL, "sandbox": "full", "seconds": 0.4, **more}
    return Verdict(
        lesson=lesson.id,
        student=student,
        file=file,
        earned=earned,
        possible=lesson.possible,
        tasks=(*tasks, reflection) if tasks else (),
        submission=submission,
        **values,
    )


class Page(HTMLParser):
    """A page as a browser would take it: its tags and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"

    def names(self) -> set[str]:
        """The names of all tags."""
        return {tag for tag, _ in self.tags}
