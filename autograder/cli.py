"""The command line: ``autograder build|grade|try|mark|report|export|doctor``.

Exit status: 0 whenever marking was done, whatever the marks; 2 for unusable arguments; 1 when the work itself failed, or
something in the inbox was left out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

# Marking runs many single-threaded processes side by side; this must be set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import typer
from rich.console import Console

from . import quick_start  # noqa: F401
from .course import Course, CourseError, Lesson, this_course

if TYPE_CHECKING:
    from course_utils.outcomes import TaskOutcome

    from .verdicts import Verdict

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Build, mark and report: the instructor's side of Seeing What CNNs See.",
)
say = Console(stderr=True)

Lessons = Annotated[
    list[str] | None, typer.Argument(help="Lessons by id, name or number; all if none is named.")
]
Sandbox = Annotated[
    str | None, typer.Option(help="full, bubblewrap or limits; by default the best there is.")
]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
AllCells = Annotated[bool, typer.Option("--all-cells", help="Run also the cells that merely show things.")]


class Unusable(Exception):
    """Arguments that cannot be used: exit status 2."""


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """A person's mistake is one line and an exit status, never a traceback."""
    from .sandbox.client import TemplateFailed
    from .sandbox.levels import SandboxUnavailable

    try:
        yield
    except Unusable as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    except (CourseError, SandboxUnavailable, TemplateFailed) as error:
        _complain(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _complain("stopped; what is marked is kept, the same command goes on from here.")
        raise typer.Exit(1) from None


def _complain(line: str) -> None:
    """One line on the error stream, not broken to the window's width."""
    say.print(f"autograder: {line}", highlight=False, markup=False, soft_wrap=True)


def _chosen(course: Course, names: list[str] | None) -> list[Lesson]:
    try:
        return [course.lesson(name) for name in names] if names else list(course.lessons.values())
    except CourseError as error:
        raise Unusable(str(error)) from None


def _to_build(course: Course, names: list[str] | None) -> list[Lesson] | None:
    """The lessons and appendices named; ``None``, which is all there are, where none is."""
    if not names:
        return None
    return [course.appendices.get(name) or _chosen(course, [name])[0] for name in names]


@app.command()
def build(
    lessons: Lessons = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if anything is stale or leaks.")
    ] = False,
) -> None:
    """Sources → executed solutions and the students' release."""
    with _one_line_errors():
        from .release import building

        course = this_course()
        report = building.build(course, _to_build(course, lessons), check=check, tell=_tell)
        for problem in report.problems:
            _complain(problem)
        for line in report.lines:
            print(line)
        if report.problems:
            raise typer.Exit(1)


@app.command()
def release() -> None:
    """Gather what is published to students: notebooks, the course_utils wheel, a page that says how."""
    with _one_line_errors():
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
    with _one_line_errors():
        from .marking import Marker

        course = this_course()
        try:
            lesson, cell = course.find_task(task)
        except CourseError as error:
            raise Unusable(str(error)) from None
        with Marker(course, sandbox=sandbox, device=_device(device)) as marker:
            for path in files:
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
    with _one_line_errors():
        from .marking import Marker

        course = this_course()
        (chosen,) = _chosen(course, [lesson])
        with Marker(course, sandbox=sandbox, device=_device(device), all_cells=all_cells) as marker:
            for path in notebooks:
                verdict = marker.mark_submission(chosen, path, _student_of(path))
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
    with _one_line_errors():
        from . import grading
        from .batch import How

        course = this_course()
        done = grading.grade(
            course,
            _chosen(course, lessons),
            student=student,
            workers=jobs,
            dask=dask,
            how=How(sandbox, _device(device), all_cells),
            console=say,
        )
        Console().print(done.table)
        print(done.where)
        for line in done.beside:
            _tell(line)
        for line in done.left_out:
            _complain(line)
        if done.left_out:
            raise typer.Exit(1)


@app.command()
def report(lessons: Lessons = None) -> None:
    """The class at a glance, as a page."""
    with _one_line_errors():
        from .pages.report import write_report

        course = this_course()
        print(
            f"Report: {_short(course, write_report(course, _chosen(course, lessons) if lessons else None))}"
        )


@app.command()
def export(
    lms: Annotated[str, typer.Option(help="canvas, moodle or csv.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="Where to write; by default into grading/.")] = None,
    lessons: Lessons = None,
) -> None:
    """Marks in the LMS's own column layout."""
    with _one_line_errors():
        from .export import LMS
        from .export import export as write_export

        if lms not in LMS:
            raise Unusable(f"There is no export for {lms!r}. Choose one of: {', '.join(LMS)}.")
        course = this_course()
        path = write_export(course, lms, out, _chosen(course, lessons) if lessons else None)
        print(f"Marks: {_short(course, path)}")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """What this machine offers: sandbox level, GPU, backbones at hand."""
    with _one_line_errors():
        from .doctor import examine

        findings = examine()
        if as_json:
            print(json.dumps(findings.to_dict(), ensure_ascii=False))
        else:
            Console().print(findings.table())


def _device(name: str) -> str:
    if name not in ("cpu", "cuda"):
        raise Unusable(f"There is no device {name!r}. Choose cpu or cuda.")
    if name == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise CourseError(
                "There is no GPU that torch can use here. Leave --device out to mark on the CPU."
            )
    return name


def _student_of(path: Path) -> str:
    """Who a notebook belongs to, from its place in inbox/STUDENT/LESSON/; else its file name."""
    parts = path.resolve().parts
    if "inbox" in parts and parts.index("inbox") + 3 < len(parts):
        return parts[parts.index("inbox") + 1]
    return path.stem


def _short(course: Course, path: Path) -> str:
    return str(path.relative_to(course.root)) if path.is_relative_to(course.root) else str(path)


def _tell(line: str) -> None:
    say.print(line, highlight=False, markup=False, soft_wrap=True)


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
