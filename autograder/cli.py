"""The command line: ``autograder build|grade|try|mark|report|export|doctor``.

Exit status: 0 whenever marking was done, whatever the marks; 2 for unusable arguments; 1 when the work itself failed, or
something in the inbox was left out.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

# Marking runs many single-threaded processes side by side; this must be set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import typer
from rich.console import Console

from . import quick_start  # noqa: F401
from .arguments import chosen_lessons, files_there, known_sandbox, student_of, to_build, usable_device
from .complaints import Unusable, complain, one_line_errors, say, tell
from .course import Course, CourseError, this_course

if TYPE_CHECKING:
    from course_utils.outcomes import TaskOutcome

    from .verdicts import Verdict

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Build, mark and report: the instructor's side of Seeing What CNNs See.",
)

Lessons = Annotated[
    list[str] | None, typer.Argument(help="Lessons by id, name or number; all if none is named.")
]
Sandbox = Annotated[
    str | None, typer.Option(help="full, bubblewrap or limits; by default the best there is.")
]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
AllCells = Annotated[bool, typer.Option("--all-cells", help="Run also the cells that merely show things.")]


@app.command()
def build(
    lessons: Lessons = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if anything is stale or leaks.")
    ] = False,
) -> None:
    """Sources → executed solutions and the students' release."""
    with one_line_errors():
        from .release import building

        course = this_course()
        report = building.build(course, to_build(course, lessons), check=check, tell=tell)
        for problem in report.problems:
            complain(problem)
        for line in report.lines:
            print(line)
        if report.problems:
            raise typer.Exit(1)


@app.command()
def release() -> None:
    """Gather what is published to students: notebooks, the course_utils wheel, a page that says how."""
    with one_line_errors():
        from .release import building

        course = this_course()
        print(f"Release: {_short(course, building.gather_release(course))}")


@app.command("try")
def try_(
    task: Annotated[str, typer.Argument(help="The task's function, e.g. grad_cam.")],
    files: Annotated[list[Path], typer.Argument(help="Python files that each define it.")],
    as_json: AsJson = False,
    sandbox: Sandbox = None,
    device: Device = "cpu",
) -> None:
    """Mark Python files that each define one task's function, in the sandbox."""
    with one_line_errors():
        from .marking import Marker

        course = this_course()
        try:
            lesson, cell = course.find_task(task)
        except CourseError as error:
            raise Unusable(str(error)) from None
        with Marker(course, sandbox=known_sandbox(sandbox), device=usable_device(device)) as marker:
            for path in files_there(files):
                outcome = marker.try_file(lesson, cell, path)
                if as_json:
                    row = {"task": task, "file": str(path), **outcome.to_dict()}
                    print(json.dumps(row, ensure_ascii=False), flush=True)
                else:
                    _print_outcome(outcome, str(path))


@app.command()
def mark(
    lesson: Annotated[str, typer.Argument(help="The lesson by id, name or number.")],
    notebooks: Annotated[list[Path], typer.Argument(help="Notebooks as handed in.")],
    as_json: AsJson = False,
    sandbox: Sandbox = None,
    device: Device = "cpu",
    all_cells: AllCells = False,
) -> None:
    """Mark notebooks; no gradebook is touched."""
    with one_line_errors():
        from .marking import Marker

        course = this_course()
        (chosen,) = chosen_lessons(course, [lesson])
        with Marker(
            course, sandbox=known_sandbox(sandbox), device=usable_device(device), all_cells=all_cells
        ) as marker:
            for path in files_there(notebooks):
                verdict = marker.mark_submission(chosen, path, student_of(path))
                if as_json:
                    print(json.dumps(verdict.to_dict(), ensure_ascii=False), flush=True)
                else:
                    _print_verdict(verdict)


@app.command()
def grade(
    lessons: Lessons = None,
    student: Annotated[str | None, typer.Option(help="Only this student.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Submissions side by side.")] = 1,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, or 'local'.")] = None,
    sandbox: Sandbox = None,
    device: Device = "cpu",
    all_cells: AllCells = False,
) -> None:
    """Mark what is new or changed in grading/inbox, write gradebook and feedback."""
    with one_line_errors():
        from . import grading
        from .batch import How

        course = this_course()
        done = grading.grade(
            course,
            chosen_lessons(course, lessons),
            student=student,
            workers=jobs,
            dask=dask,
            how=How(known_sandbox(sandbox), usable_device(device), all_cells),
            console=say,
        )
        Console().print(done.table)
        print(done.where)
        for line in done.beside:
            tell(line)
        for line in done.left_out:
            complain(line)
        if done.left_out:
            raise typer.Exit(1)


@app.command()
def report(lessons: Lessons = None) -> None:
    """The class at a glance, as a page."""
    with one_line_errors():
        from .pages.report import write_report

        course = this_course()
        print(
            f"Report: {_short(course, write_report(course, chosen_lessons(course, lessons) if lessons else None))}"
        )


@app.command()
def export(
    lms: Annotated[str, typer.Option(help="canvas, moodle or csv.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="Where to write; by default into grading/.")] = None,
    lessons: Lessons = None,
) -> None:
    """Marks in the LMS's own column layout."""
    with one_line_errors():
        from .export import LMS
        from .export import export as write_export

        if lms not in LMS:
            raise Unusable(f"There is no export for {lms!r}. Choose one of: {', '.join(LMS)}.")
        course = this_course()
        path = write_export(course, lms, out, chosen_lessons(course, lessons) if lessons else None)
        print(f"Marks: {_short(course, path)}")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """What this machine offers: sandbox level, GPU, backbones at hand."""
    with one_line_errors():
        from .doctor import examine

        findings = examine()
        if as_json:
            print(json.dumps(findings.to_dict(), ensure_ascii=False))
        else:
            Console().print(findings.table())


def _short(course: Course, path: Path) -> str:
    return str(path.relative_to(course.root)) if path.is_relative_to(course.root) else str(path)


def _print_verdict(verdict: Verdict) -> None:
    print(f"{verdict.file}: {verdict.status.words}, {verdict.earned:g} of {verdict.possible:g} points")
    for note in verdict.notes:
        print(f"  note: {note}")
    for outcome in verdict.tasks:
        _print_outcome(outcome, outcome.task, indent="  ")


def _print_outcome(outcome: TaskOutcome, title: str, indent: str = "") -> None:
    points = f"{outcome.earned:g} of {outcome.possible:g}"
    print(f"{indent}{outcome.status.symbol} {title}: {outcome.status.words}, {points}")
    for item in outcome.items:
        if item.status != "passed" and item.message:
            print(f"{indent}    {item.status.symbol} {item.name}: {item.message}")


def main(arguments: list[str] | None = None) -> Any:
    """Entry of the console script."""
    import warnings

    # Warnings of libraries are no business of the person who marks; errors are said by the commands themselves.
    warnings.filterwarnings("ignore")
    import torch

    torch.set_num_threads(1)
    return app(args=arguments if arguments is not None else sys.argv[1:], prog_name="autograder")
