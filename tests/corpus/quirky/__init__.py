"""Quirky notebooks whose work is right: each must get full marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.course import Lesson
from tests.corpus.notebooks import answer, cell_of, insert, solved, tasks


@dataclass(frozen=True)
class Quirk:
    """One odd but right notebook.

    Args:
        name: for the test's id.
        build: makes the notebook, its raw data, or the bytes of the file.
        file: the name that it is handed in under.
    """

    name: str
    build: Callable[[Lesson], NotebookNode | dict | bytes]
    file: str = "notebook.ipynb"


def changed(
    name: str,
    change: Callable[[NotebookNode, Lesson], NotebookNode | dict | bytes | None],
    file: str = "a.ipynb",
) -> Quirk:
    """A quirk that changes the solved notebook in place, or returns something else for it."""

    def build(lesson: Lesson) -> NotebookNode | dict | bytes:
        notebook = solved(lesson)
        result = change(notebook, lesson)
        return notebook if result is None else result

    return Quirk(name, build, file)


def with_cell(name: str, code: str) -> Quirk:
    """A further cell of the student's own right before the first task."""
    return changed(name, lambda notebook, lesson: insert(notebook, code, before=first(lesson)))


def on_top(name: str, code: str) -> Quirk:
    """Lines on top of the first task's own cell."""

    def change(notebook: NotebookNode, lesson: Lesson) -> None:
        cell = cell_of(notebook, first(lesson))
        cell.source = f"{code}\n{cell.source}"

    return changed(name, change)


def below(name: str, code: str) -> Quirk:
    """Lines below the first task's function in its own cell; ``@TASK@`` is its name."""

    def change(notebook: NotebookNode, lesson: Lesson) -> None:
        cell = cell_of(notebook, first(lesson))
        cell.source += "\n\n" + code.replace("@TASK@", first(lesson))

    return changed(name, change)


def first(lesson: Lesson) -> str:
    """The cheapest task, whose result is one tensor."""
    return tasks(lesson)[0].name


__all__ = [
    "Quirk",
    "answer",
    "below",
    "cell_of",
    "changed",
    "first",
    "insert",
    "on_top",
    "solved",
    "tasks",
    "with_cell",
]
