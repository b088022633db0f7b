"""Finds what students handed in: ``grading/inbox/STUDENT/LESSON/*.ipynb``, whatever the file is called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .course import Course, Lesson


@dataclass(frozen=True)
class HandedIn:
    """One student's file for one lesson; ``others`` are further files beside it that are not marked."""

    student: str
    path: Path
    others: tuple[Path, ...] = ()


def handed_in(course: Course, lesson: Lesson, student: str | None = None) -> list[HandedIn]:
    """All that was handed in for a lesson, by student.

    Of several files the one with the lesson's own name counts; without it the newest (``Copy of …``, ``… (1)``).

    Args:
        course: the checkout.
        lesson: the lesson.
        student: only this student's.
    """
    found = []
    folders = sorted(course.inbox.iterdir()) if course.inbox.is_dir() else []
    for folder in folders:
        if folder.name.startswith(".") or (student is not None and folder.name != student):
            continue
        files = [p for p in (folder / lesson.id).glob("*") if p.is_file() and not p.name.startswith(".")]
        if not files:
            continue
        chosen = _choose(files, lesson)
        found.append(HandedIn(folder.name, chosen, tuple(sorted(p for p in files if p != chosen))))
    return found


def _choose(files: list[Path], lesson: Lesson) -> Path:
    notebooks = [p for p in files if p.suffix.lower() == ".ipynb"] or files
    exact = [p for p in notebooks if p.name == f"{lesson.name}.ipynb"]
    return exact[0] if exact else max(notebooks, key=lambda p: (p.stat().st_mtime, p.name))
