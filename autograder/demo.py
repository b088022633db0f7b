"""``make demo``: lesson 6 from its source to a class's marks, on six made-up submissions.

Everything happens in ``build/demo``, a small copy of the grading folder, so that an instructor's own grading is untouched.
"""

from __future__ import annotations

import copy
import shutil
import sys
from collections.abc import Callable

import nbformat
import torch
from nbformat import NotebookNode
from rich.console import Console

from .batch import How
from .course import Course, CourseError, Lesson, this_course
from .grading import grade
from .lesson_material import reference_notebook
from .release.building import build
from .sandbox.levels import SandboxUnavailable

LESSON = "06_grad_cam"


def main() -> int:
    """Build, make submissions, mark them, write feedback and report, say where to look."""
    torch.set_num_threads(1)
    console = Console()
    course = this_course()
    place = course.root / "build" / "demo"
    try:
        console.print("1. Building lesson 6: source → executed solution → student release")
        lesson = course.lesson(LESSON)
        built = build(course, [lesson], tell=lambda line: console.print(f"   {line}", highlight=False))
        for line in [*built.lines, *built.problems]:
            console.print(f"   {line}", highlight=False, markup=False)
        if built.problems:
            return 1
        console.print("2. Making six submissions")
        demo = Course(course.root, place)
        shutil.rmtree(place, ignore_errors=True)
        for student, text in hand_in(demo, lesson).items():
            console.print(f"   {student}: {text}", highlight=False)
        console.print("3. Marking them in the sandbox")
        done = grade(demo, [lesson], how=How(), console=console, workers=2)
        console.print(done.table)
        console.print(_where(demo, lesson), highlight=False, soft_wrap=True)
    except (CourseError, SandboxUnavailable) as error:
        console.print(f"make demo: {error}", highlight=False, markup=False)
        return 1
    return 0


def _where(demo: Course, lesson: Lesson) -> str:
    folder = demo.grading.relative_to(demo.root)
    return (
        f"Where to look:\n"
        f"   the lesson as students get it   notebooks/{lesson.id}/{lesson.name}.ipynb\n"
        f"   the executed solution           solutions/{lesson.id}/{lesson.name}.ipynb\n"
        f"   feedback for a student          {folder}/feedback/ben/{lesson.id}/feedback.html\n"
        f"   the class at a glance           {folder}/report.html"
    )


def hand_in(demo: Course, lesson: Lesson) -> dict[str, str]:
    """Write the six submissions into the demo's inbox; what each is, by student."""
    solution = nbformat.read(lesson.source.with_suffix(".ipynb"), as_version=4)
    release = reference_notebook(demo, lesson)
    made: dict[str, tuple[str, Callable[[], NotebookNode], str]] = {
        "ada": ("all right", lambda: filled(release, solution), f"{lesson.name}.ipynb"),
        "ben": ("half done", lambda: _half_done(release, solution), f"{lesson.name}.ipynb"),
        "chen": (
            "a classic mistake in each of three tasks",
            lambda: _mistakes(release, solution),
            f"{lesson.name}.ipynb",
        ),
        "dora": ("blank", lambda: copy.deepcopy(release), f"{lesson.name}.ipynb"),
        "emre": (
            "saved by Colab, under a name of Colab's",
            lambda: _colab(release, solution),
            f"Copy of {lesson.name}.ipynb",
        ),
        "finn": ("tries to read the tests", lambda: _prying(release), f"{lesson.name} (1).ipynb"),
    }
    for student, (_, make, name) in made.items():
        path = demo.inbox / student / lesson.id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(make(), path)
    return {student: text for student, (text, _, _) in made.items()}


def filled(
    release: NotebookNode, solution: NotebookNode, only: tuple[str, ...] | None = None
) -> NotebookNode:
    """The release with the solution's answers typed in, all or ``only`` some, and its pictures as stored outputs."""
    answers = {c.metadata.nbgrader.grade_id: c for c in solution.cells if "nbgrader" in c.metadata}
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        answer = answers.get(marks.get("grade_id"))
        if answer is None or (only is not None and marks.get("solution") and marks["grade_id"] not in only):
            continue
        if marks.get("solution"):
            cell.source = answer.source
        if cell.cell_type == "code" and only is None:
            cell.outputs = copy.deepcopy(answer.outputs)
    return notebook


def _half_done(release: NotebookNode, solution: NotebookNode) -> NotebookNode:
    return filled(
        release, solution, only=("cam", "channel_weights", "weighted_activation_sum", "answer_q_relu")
    )


# One classic mistake a task, as a change to the solution's text.
_CLASSIC = {
    "channel_weights": ("gradients.mean(dim=(2, 3))", "gradients.sum(dim=(2, 3))"),
    "grad_cam": (".relu()\n", "\n"),
    "cam": (".sum(dim=0)", ".sum(dim=0).relu()"),
}


def _mistakes(release: NotebookNode, solution: NotebookNode) -> NotebookNode:
    notebook = filled(release, solution)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in _CLASSIC:
            right, wrong = _CLASSIC[grade_id]
            if right not in cell.source:
                raise CourseError(
                    f"The demo's mistake in {grade_id} no longer fits the solution: mend autograder/demo.py."
                )
            cell.source = cell.source.replace(right, wrong)
    return notebook


def _colab(release: NotebookNode, solution: NotebookNode) -> NotebookNode:
    """As Colab saves: its own metadata and cell ids, nbgrader's metadata gone, one cell of the student's own."""
    notebook = filled(release, solution)
    notebook.metadata = nbformat.from_dict(
        {
            "colab": {"provenance": [], "gpuType": "T4"},
            "accelerator": "GPU",
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
        }
    )
    for number, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict(
            {"id": f"aB{number:03d}xYz", "colab": {"base_uri": "https://localhost:8080/"}}
        )
    extra = nbformat.v4.new_code_cell("from google.colab import drive\ndrive.mount('/content/drive')")
    notebook.cells.insert(1, extra)
    return notebook


_PRYING = """
import gc, glob, os
found = glob.glob("/**/autograder/checks/*.py", recursive=True) + glob.glob("/**/grading/secret", recursive=True)
for path in found + ["../../../autograder/checks/grad_cam.py", "../../gradebook.db"]:
    try:
        print(open(path).read())
    except OSError as error:
        print(type(error).__name__, path)
expected = [o for o in gc.get_objects() if type(o).__name__ in ("Item", "Misconception", "LessonChecks")]


class AlwaysEqual:
    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self


def grad_cam(model, layer, x, class_index=None):
    return expected[0] if expected else AlwaysEqual()
"""


def _prying(release: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "grad_cam":
            cell.source = _PRYING.strip()
    return notebook


if __name__ == "__main__":
    sys.exit(main())
