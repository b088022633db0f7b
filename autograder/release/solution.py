"""The executed solution notebook: run once for each state of its source, and not again while it is fresh."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.course import Course, CourseError, Lesson
from autograder.release.source import solution_source
from course_utils.outcomes import Status

CELL_SECONDS = 600
SIZE_LIMIT = 1_500_000
# How `lesson.reveal` begins what it shows in place of a result.
EXCUSES = ("Not yet\n", "This cell could not show its result\n")
_CODES = re.compile(r"\x1b\[[0-9;]*m")


def solution_path(lesson: Lesson) -> Path:
    """Where the executed solution lies: beside the source."""
    return lesson.source.with_suffix(".ipynb")


def source_hash(course: Course, lesson: Lesson) -> str:
    """SHA-256 over all that an executed solution follows from.

    That is the lesson's source and pictures, ``data/`` and ``course_utils`` (of the lessons' visible checks
    this lesson's own alone).
    """
    digest = hashlib.sha256()
    for path in sorted(_ingredients(course, lesson)):
        digest.update(path.relative_to(course.root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _ingredients(course: Course, lesson: Lesson) -> Iterator[Path]:
    yield lesson.source
    for path in _files(lesson.source.parent / "pictures", "*"):
        if path.suffix != ".py":  # what a picture was made with is in no notebook
            yield path
    for path in _files(course.root / "data", "*"):
        # What is written about a picture or a network changes nothing that a notebook shows.
        if path.suffix != ".md" and (path.parent.name != "weights" or path.suffix == ".safetensors"):
            yield path
    package = course.root / "course_utils"
    of_all = [path for path in _files(package, "*") if package / "lessons" not in path.parents]
    yield from [*of_all, package / "lessons" / "__init__.py", *lesson.guide_files(package)]


def _files(folder: Path, pattern: str) -> Iterable[Path]:
    for path in folder.rglob(pattern):
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
            yield path


def is_fresh(course: Course, lesson: Lesson) -> bool:
    """Whether the executed solution on disk was made from source, package and pictures as they are now."""
    try:
        stored = nbformat.read(solution_path(lesson), as_version=nbformat.NO_CONVERT)
        return stored.metadata["course"]["source_sha256"] == source_hash(course, lesson)
    except (OSError, ValueError, KeyError):
        return False


def execute_solution(course: Course, lesson: Lesson) -> NotebookNode:
    """Run the lesson's solution from top to bottom in a fresh kernel.

    The kernel stands in an empty folder and imports the checkout's own ``course_utils``. It downloads
    nothing unless the environment says ``COURSE_OFFLINE=0``, so that a build gives the same everywhere.

    Returns:
        The notebook with its outputs, and in its metadata the hash of what it was made from.

    Raises:
        CourseError: if a cell raises, warns, runs too long or shows a path of this machine, if a check of the
            lesson does not pass, or if the result is too large.
    """
    notebook = solution_source(lesson)
    fingerprint = source_hash(course, lesson)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(course.root), os.environ.get("PYTHONPATH")])),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COURSE_OFFLINE": os.environ.get("COURSE_OFFLINE", "1"),
    }
    with tempfile.TemporaryDirectory() as scratch:
        # A user's own profile may start code or change colours; Keras' own settings may turn its axes.
        environment["IPYTHONDIR"] = str(Path(scratch) / "ipython")
        environment["KERAS_HOME"] = str(Path(scratch) / "keras")
        work = Path(scratch) / "work"
        work.mkdir()
        _run(lesson, notebook, work, environment)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for problem in _output_problems(course, cell):
            raise CourseError(f"{lesson.id}: {_name(cell)} {problem}")
    notebook.metadata.course["source_sha256"] = fingerprint
    notebook.metadata.language_info = nbformat.from_dict({"name": "python"})
    size = len(nbformat.writes(notebook).encode())
    if size > SIZE_LIMIT:
        raise CourseError(
            f"{lesson.id}: the executed solution has {size / 1e6:.2f} MB, more than {SIZE_LIMIT / 1e6:.1f}. "
            "Show fewer or smaller pictures."
        )
    return notebook


def _run(lesson: Lesson, notebook: NotebookNode, folder: Path, environment: dict[str, str]) -> None:
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_OwnKernel())
    manager.connection_file = str(folder.parent / "kernel.json")  # gone with the folder
    if os.name == "posix":
        # Sockets in our own folder, which nobody else on the machine can listen to.
        manager.transport, manager.ip = "ipc", str(folder.parent / "kernel")
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_SECONDS,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
    )
    try:
        # nbclient leaves a kernel that it did not make itself running until this process ends.
        client.execute(cleanup_kc=True, cwd=str(folder), env=environment)
    except CellExecutionError as error:
        failed = next((cell for cell in notebook.cells if _errors(cell)), None)
        where = _name(failed) if failed else "a cell"
        raise CourseError(
            f"{lesson.id}: {where} raised {error.ename}: {_first_line(error.evalue)}"
        ) from error
    except CellTimeoutError as error:
        raise CourseError(f"{lesson.id}: a cell ran longer than {CELL_SECONDS} seconds.") from error
    except DeadKernelError as error:
        raise CourseError(f"{lesson.id}: the Python process died while the solution ran.") from error


class _OwnKernel(KernelSpecManager):
    """Finds one kernel: this interpreter. Another one called python3 on the machine would lack the course."""

    def get_kernel_spec(self, kernel_name: str):
        spec = super().get_kernel_spec(kernel_name)
        spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return spec


def _output_problems(course: Course, cell: NotebookNode) -> Iterator[str]:
    places = {str(course.root), str(Path.home()) + os.sep, sys.prefix, tempfile.gettempdir() + os.sep}
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stderr":
            yield f"writes to stderr: {_first_line(output.text)}"
        text = _text(output)
        if any(place in text for place in places):
            yield "shows a path of this machine in its output."
        if _plain(output).startswith(EXCUSES):
            yield f"has nothing to show: {' '.join(_plain(output).split())[:160]}"
    if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
        shown = [_plain(output) for output in cell.get("outputs", [])]
        if not any(text.startswith(Status.PASSED.symbol) for text in shown):
            yield f"does not pass its own check: {_first_line(shown[0]) if shown else 'it shows nothing'}"


def _text(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return output.text
    return "\n".join(str(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/"))


def _plain(output: NotebookNode) -> str:
    return output.text if output.output_type == "stream" else output.get("data", {}).get("text/plain", "")


def _errors(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def _name(cell: NotebookNode) -> str:
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return f"cell {grade_id}" if grade_id else f"the cell that starts {_first_line(cell.source)!r}"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in _CODES.sub("", str(text)).splitlines() if line.strip()]
    return lines[0][:160] if lines else ""
