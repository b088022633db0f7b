"""The same class marked by stock nbgrader: its own Execute, the hidden checks inside the graded cells.

Run as ``python -m benchmarks.marking.stock FOLDER COUNT`` to prepare a course directory; the caller then times
``nbgrader autograde`` and ``nbgrader generate_feedback`` there.
"""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import nbformat

from autograder.course import this_course

from .sample import answered, students

_CONFIG = """c = get_config()
c.CourseDirectory.course_id = "bench"
c.ExecutePreprocessor.timeout = 600
c.ClearSolutions.code_stub = {"python": "# TODO"}
"""


def prepare(folder: Path, count: int) -> None:
    """Make a stock course directory with ``count`` submissions, up to the point where marking begins."""
    course = this_course()
    lesson = course.lesson("06_grad_cam")
    folder.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(_CONFIG, encoding="utf-8")
    source = copy.deepcopy(lesson.notebook)
    kinds = {cell.grade_id: cell for cell in lesson.marked}
    texts = {}
    for cell in source.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = cell.source.replace("# SETUP\n", "")
        if grade_id in kinds:
            graded = kinds[grade_id]
            check = cell.source.splitlines()[0]
            test = (
                f"from benchmarks.marking.in_process import points\npoints({graded.name!r}, globals())"
                if graded.kind == "task"
                else f"assert answer_{graded.name} is not None"
            )
            cell.source = f"{check}\n### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"
            texts[grade_id] = check
    path = folder / "source" / lesson.id / f"{lesson.name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(source, path)
    nbgrader(folder, "generate_assignment", lesson.id)
    for student in students(count):
        submitted = folder / "submitted" / student / lesson.id / f"{lesson.name}.ipynb"
        submitted.parent.mkdir(parents=True)
        notebook = answered(course, lesson, student)
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in texts:
                cell.source = texts[grade_id]
        nbformat.write(notebook, submitted)


def nbgrader(folder: Path, *arguments: str) -> None:
    """Run nbgrader's own command line in a course directory.

    Raises:
        subprocess.CalledProcessError: if it fails.
    """
    command = [str(Path(sys.executable).parent / "nbgrader"), *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), int(sys.argv[2]))
