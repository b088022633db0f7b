"""Hostile notebooks: each is a payload in an otherwise half-done notebook.

Every payload ends by itself, writes nothing beyond what its limits here allow, and talks to loopback alone. A payload that
finds what it must not see says ``LEAK``. In its text ``@NAME@`` stands for a fact of the scene it is played in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.course import Lesson
from tests.corpus.notebooks import cell_of, half_done, insert, tasks


@dataclass(frozen=True)
class Attack:
    """One hostile notebook.

    Args:
        name: for the test's id.
        build: makes the notebook (or a file's raw content) for a lesson.
        slow: takes more than a few seconds to be stopped.
    """

    name: str
    build: Callable[[Lesson], NotebookNode | dict | bytes]
    slow: bool = False


def victim(lesson: Lesson) -> str:
    """The task that an attack tries to gain: the cheapest that is not done yet."""
    return tasks(lesson)[1].name


def in_a_cell(name: str, code: str, *, slow: bool = False) -> Attack:
    """A payload in a cell of the student's own, run before the task's own cell."""
    return Attack(name, lambda lesson: insert(half_done(lesson), code, before=victim(lesson)), slow)


def in_the_function(name: str, code: str, *, slow: bool = False) -> Attack:
    """A payload as the task's function; ``@TASK@`` is its name."""

    def build(lesson: Lesson) -> NotebookNode:
        notebook = half_done(lesson)
        cell_of(notebook, victim(lesson)).source = code.replace("@TASK@", victim(lesson))
        return notebook

    return Attack(name, build, slow)
