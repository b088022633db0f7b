"""Finds what students handed in: ``grading/inbox/STUDENT/LESSON/*.ipynb``, whatever the file is called."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .course import Course, Lesson

ALSO_THERE = "Also there, not marked:"
MOST_NAMED = 5

LONGEST_NAME = 200
"""Bytes in a name: a student's is that of files here, with an ending, and most systems allow 255."""


@dataclass(frozen=True)
class HandedIn:
    """One student's file for one lesson; ``others`` are further notebooks beside it that are not marked."""

    student: str
    path: Path
    others: tuple[Path, ...] = ()

    @property
    def note(self) -> str:
        """A sentence that names the others, for the student and the instructor; empty where there are none."""
        if not self.others:
            return ""
        names = [path.name for path in self.others[:MOST_NAMED]]
        names += [f"{len(self.others) - MOST_NAMED} more"] * (len(self.others) > MOST_NAMED)
        return f"{ALSO_THERE} {speakable(', '.join(names))}. The newest one counts."


def handed_in(course: Course, lesson: Lesson, student: str | None = None) -> list[HandedIn]:
    """All that was handed in for a lesson, by student.

    Of several notebooks the newest counts: who downloads again gets ``… (1)`` from the browser.

    Args:
        course: the checkout.
        lesson: the lesson.
        student: only this student's.
    """
    found = []
    folders = sorted(course.inbox.iterdir()) if course.inbox.is_dir() else []
    for folder in folders:
        if _no_ones(folder.name) or (student is not None and folder.name != student):
            continue
        if problem_with_name(folder.name):
            continue
        files = [p for p in (folder / lesson.id).glob("*") if p.is_file() and not p.name.startswith(".")]
        files = [p for p in files if not problem_with_name(p.name) and not _leads_away(p, folder)]
        if not files:
            continue
        candidates = [p for p in files if p.suffix.lower() == ".ipynb"] or files
        chosen = _choose(candidates, lesson)
        found.append(HandedIn(folder.name, chosen, tuple(sorted(p for p in candidates if p != chosen))))
    return found


def _leads_away(path: Path, folder: Path) -> bool:
    """Whether a file is a link out of the student's own folder: archives carry links, to a solution or to another's work.

    The student's folder itself may be a link, which is the instructor's doing.
    """
    return not path.resolve().is_relative_to(folder.resolve())


def _choose(candidates: list[Path], lesson: Lesson) -> Path:
    # Files from an archive may all have one time: then the lesson's own name counts first.
    own = f"{lesson.name}.ipynb"
    return max(candidates, key=lambda p: (p.stat().st_mtime_ns, p.name == own, p.name))


def left_out(course: Course, student: str | None = None) -> list[str]:
    """What lies in the inbox and is not marked, a line for each: what it is and what to do about it.

    These are notebooks anywhere but in ``STUDENT/LESSON/``, whose owner or lesson nobody should guess, and names
    that cannot be written down.

    Args:
        course: the checkout.
        student: only what lies in a folder of this name.
    """
    lines = []
    for path, problem in _left_out(course):
        if student is None or student in path.relative_to(course.inbox).parts:
            shown = path.relative_to(course.root) if path.is_relative_to(course.root) else path
            lines.append(f"{speakable(str(shown))} is not marked: {problem}")
    return lines


def _left_out(course: Course) -> Iterator[tuple[Path, str]]:
    place = (
        course.inbox.relative_to(course.root) if course.inbox.is_relative_to(course.root) else course.inbox
    )
    for folder, folders, files in os.walk(course.inbox):
        here = Path(folder)
        parts = here.relative_to(course.inbox).parts
        in_place = len(parts) == 2 and parts[1] in course.lessons
        kept = []
        for name in sorted(name for name in folders if not _no_ones(name)):
            problem = problem_with_name(name)
            if problem:
                yield here / name, problem
            elif parts and (here / name).is_symlink():
                yield here / name, "it is a link to another place. Put the folder itself there."
            else:
                kept.append(name)
        folders[:] = kept  # what os.walk goes into
        for name in sorted(name for name in files if not _no_ones(name)):
            problem = problem_with_name(name)
            if problem:
                yield here / name, problem
            elif in_place and _leads_away(here / name, course.inbox / parts[0]):
                yield here / name, "it is a link to another place. Put the notebook itself there."
            elif not in_place and name.lower().endswith(".ipynb"):
                yield here / name, f"move it to {place}/STUDENT/LESSON/, where LESSON is such as 06_grad_cam."


def problem_with_name(name: str) -> str:
    """Why a file or folder of this name cannot be marked and what to do; empty where it can."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "its name is not UTF-8. Rename it."
    return "" if size <= LONGEST_NAME else f"its name is longer than {LONGEST_NAME} bytes. Rename it."


def speakable(text: str) -> str:
    """A path or name as it can be printed on one line, whatever bytes it was made of."""
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # how Python holds a byte that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def _no_ones(name: str) -> bool:
    """Whether this is a program's own: hidden, or what macOS adds to an archive."""
    return name.startswith(".") or name == "__MACOSX"
