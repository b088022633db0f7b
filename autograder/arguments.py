"""Arguments of the command line that need more than a look: what cannot be used is refused in one line."""

from __future__ import annotations

from pathlib import Path

from .complaints import Unusable
from .course import Course, CourseError, Lesson
from .inbox import problem_with_name


def chosen_lessons(course: Course, names: list[str] | None) -> list[Lesson]:
    """The lessons named; all where none is.

    Raises:
        Unusable: if there is no such lesson.
    """
    try:
        return [course.lesson(name) for name in names] if names else list(course.lessons.values())
    except CourseError as error:
        raise Unusable(str(error)) from None


def to_build(course: Course, names: list[str] | None) -> list[Lesson] | None:
    """The lessons and appendices named; ``None``, which is all there are, where none is."""
    if not names:
        return None
    return [course.appendices.get(name) or chosen_lessons(course, [name])[0] for name in names]


def usable_device(name: str) -> str:
    """The device to mark on.

    Raises:
        Unusable: if there is no device of this name.
        CourseError: if this machine has none.
    """
    if name not in ("cpu", "cuda"):
        raise Unusable(f"There is no device {name!r}. Choose cpu or cuda.")
    if name == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise CourseError(
                "There is no GPU that torch can use here. Leave --device out to mark on the CPU."
            )
    return name


def known_sandbox(name: str | None) -> str | None:
    """The sandbox to mark under, which this machine may still not offer.

    Raises:
        Unusable: if there is no sandbox of this name.
    """
    from .sandbox.levels import LEVELS

    if name is not None and name not in LEVELS:
        raise Unusable(f"There is no sandbox {name!r}. Choose one of: {', '.join(LEVELS)}.")
    return name


def files_there(paths: list[Path]) -> list[Path]:
    """The files named, all of which are there: nothing is marked before a mistyped name is said.

    Raises:
        Unusable: if one is not there, is a folder, or has a name that no verdict can hold.
    """
    for path in paths:
        if path.is_dir():
            raise Unusable(f"{path} is a folder. Name the files in it.")
        if not path.exists():
            raise Unusable(f"There is no file {path}. See how it is written.")
        problem = problem_with_name(path.name)
        if problem:
            raise Unusable(f"{path} cannot be marked: {problem}")
    return paths


def student_of(path: Path) -> str:
    """Who a notebook belongs to, from its place in inbox/STUDENT/LESSON/; else its file name."""
    parts = path.resolve().parts
    if "inbox" in parts and parts.index("inbox") + 3 < len(parts):
        return parts[parts.index("inbox") + 1]
    return path.stem
