"""Marks one submission: intake, cells in the sandbox, hidden checks, one verdict."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import nbformat

from course_utils.guide import LessonGuide
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome, summarise

from .checks.ahead import Ahead, TaskItems
from .checks.draw import Draw
from .checks.judging import judge_task
from .checks.messages import lost_to
from .course import Course, CourseError, GradedCell, Lesson
from .intake import Submission, take_in
from .lesson_material import checks_of, checks_version, file_hash, guide_of, reference_notebook
from .notebook_run import NotebookRun, plan, whole_task, with_cell_error
from .reading import Unreadable, shown
from .sandbox import levels
from .sandbox.client import Template
from .sandbox.remote import Worker, WorkerLost
from .sandbox.watch import Limits
from .sandbox.worker.values import decode
from .sandbox.worker.wire import WireError
from .secret import load_secret
from .verdicts import Verdict

# A notebook whose cells end the process again and again is given up after so many starts.
MAX_STARTS = 6


def mark_submission(course: Course, lesson: Lesson, path: Path, student: str) -> Verdict:
    """Mark one file with a template of its own; for many, keep one :class:`Marker`."""
    with Marker(course) as marker:
        return marker.mark_submission(lesson, path, student)


class Marker:
    """Marks submissions one after another with one warm template.

    Args:
        course: the checkout.
        sandbox: a name of :data:`levels.LEVELS`, or ``None`` for the best that this machine offers.
        device: ``"cpu"`` or ``"cuda"``.
        limits: what a submission may use.
        all_cells: run cells that merely show things, too.
        secret: the key for hidden inputs; by default the one in ``grading/secret``.

    Raises:
        SandboxUnavailable: if the machine does not offer the sandbox.
    """

    def __init__(
        self,
        course: Course,
        *,
        sandbox: str | None = None,
        device: str = "cpu",
        limits: Limits | None = None,
        all_cells: bool = False,
        secret: bytes | None = None,
    ) -> None:
        self.course, self.device, self.all_cells = course, device, all_cells
        self.level = levels.choose(sandbox)
        self.limits = limits or Limits()
        self._secret = secret if secret is not None else load_secret(course.grading)
        self._templates: dict[bool, Template] = {}
        # Of the checks that this process has loaded, whatever becomes of their files meanwhile.
        self._versions: dict[str, str] = {}

    def __enter__(self) -> Marker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the templates."""
        for template in self._templates.values():
            template.close()
        self._templates.clear()

    def template(self, lesson: Lesson) -> Template:
        """The warm template that a lesson's submissions are forked from; started on first use."""
        instruments = lesson.may_use_instruments
        if instruments not in self._templates:
            template = Template(self.level, instruments=instruments, device=self.device, limits=self.limits)
            template.start()
            self._templates[instruments] = template
        return self._templates[instruments]

    def mark_submission(self, lesson: Lesson, path: Path, student: str, clean: Path | None = None) -> Verdict:
        """Mark a handed-in file. Whatever is in it, the answer is a verdict.

        Args:
            lesson: the lesson it was handed in for.
            path: the file as handed in.
            student: who handed it in; with the lesson it fixes the hidden inputs.
            clean: where the clean notebook that nbgrader reads is written, if wanted.

        Raises:
            CourseError: if the lesson itself cannot be marked (no release, no checks).
        """
        started = time.monotonic()
        reference = reference_notebook(self.course, lesson)
        version = self._version(lesson)
        try:
            submission = take_in(path, lesson, reference)
        except Unreadable as reason:
            return self._unreadable(lesson, path, student, str(reason), started, version)
        if clean is not None:
            clean.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(submission.notebook, clean)
        run = self._mark(lesson, submission, f"{lesson.id}/{student}")
        tasks = tuple(self._outcome(run, cell) for cell in lesson.graded)
        marked = [t for t in tasks if t.status is not Status.NEEDS_PERSON]
        return Verdict(
            lesson=lesson.id,
            student=student,
            file=self._shown(path),
            status=summarise([t.status for t in marked]),
            earned=round(sum(t.earned for t in marked), 2),
            possible=lesson.possible,
            sandbox=self.level.name,
            seconds=round(time.monotonic() - started, 3),
            tasks=tasks,
            notes=submission.notes,
            log=tuple(run.log),
            submission=file_hash(path),
            checks=version,
        )

    def _version(self, lesson: Lesson) -> str:
        if lesson.id not in self._versions:
            self._versions[lesson.id] = checks_version(lesson)
        return self._versions[lesson.id]

    def try_file(self, lesson: Lesson, task: GradedCell, path: Path) -> TaskOutcome:
        """Mark a Python file that defines one task's function.

        Args:
            lesson: the lesson of the task.
            task: the task.
            path: the file.
        """
        try:
            source = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not a text file"
            return whole_task(task, Status.ERROR, f"The file {shown(path.name)} cannot be read: {reason}.")
        run = NotebookRun([("file", source)], {"file": shown(path.name)})
        digest = hashlib.sha256(source.encode()).hexdigest()
        deadline = time.monotonic() + self.limits.submission_seconds
        self._run_and_judge(lesson, run, [task], f"{lesson.id}/try/{digest}", deadline)
        outcome = run.outcomes[task.name]
        failed = next((entry for entry in run.log if entry["status"] != "ok"), None)
        if outcome.status is Status.NOT_ATTEMPTED and failed:
            return whole_task(task, Status.ERROR, failed["message"])
        return outcome

    def _mark(self, lesson: Lesson, submission: Submission, name: str) -> NotebookRun:
        run = plan(submission.notebook, all_cells=self.all_cells)
        deadline = time.monotonic() + self.limits.submission_seconds
        self._run_and_judge(lesson, run, list(lesson.marked), name, deadline)
        failed = any(outcome.status is not Status.PASSED for outcome in run.outcomes.values())
        if (run.missing_name or (run.cell_missed_name and failed)) and not self.all_cells:
            # A function may lean on a name from a cell that merely shows things: run them all and mark again.
            again = plan(submission.notebook, all_cells=True)
            if len(again.cells) > len(run.cells):
                self._run_and_judge(lesson, again, list(lesson.marked), name, deadline)
                # What was cut short takes nothing from what the first run earned.
                return run if time.monotonic() > deadline else again
        return run

    def _run_and_judge(
        self, lesson: Lesson, run: NotebookRun, cells: list[GradedCell], name: str, deadline: float
    ) -> None:
        checks, guide = checks_of(lesson), None
        # Questions first: their answers are names of the notebook, which no call has touched yet.
        waiting = sorted(cells, key=lambda cell: cell.kind != "question")
        ahead = Ahead(
            [cell.name for cell in waiting if cell.kind != "question"],
            lambda task: TaskItems.of(checks, task, Draw(self._secret, name, task)),
        )
        for _ in range(MAX_STARTS):
            if not waiting:
                return
            if time.monotonic() > deadline:
                break
            with self.template(lesson).worker(deadline) as worker:
                worker.meanwhile = ahead.draw_one
                if not self._run_cells(worker, run):
                    continue
                while waiting:
                    cell = waiting[0]
                    try:
                        if cell.kind == "question":
                            guide = guide or guide_of(lesson)
                            run.outcomes[cell.name] = _judge_question(worker, guide, cell)
                        else:
                            outcome, missing = judge_task(worker, ahead.of(cell.name), cell.points)
                            run.outcomes[cell.name] = outcome
                            run.missing_name |= missing is not None
                        waiting.pop(0)
                    except WorkerLost as lost:
                        # The worker itself is gone, not only the task's fork: this task pays, the rest start anew.
                        run.outcomes[cell.name] = whole_task(cell, *lost_to(lost.kind))
                        waiting.pop(0)
                        break
        for cell in waiting:
            run.outcomes[cell.name] = whole_task(
                cell, *lost_to("submission" if time.monotonic() > deadline else "crashed")
            )

    def _run_cells(self, worker: Worker, run: NotebookRun) -> bool:
        """Run the cells that are not dropped; False where one of them took the process with it, now dropped too."""
        cells = [cell for cell in run.cells if cell[0] not in run.dropped]
        run.log = [entry for entry in run.log if entry["cell"] in run.dropped]
        done = 0
        try:
            for answer in worker.run_cells(cells):
                if done < len(cells):
                    run.note(cells[done][0], answer)
                done += 1
        except WorkerLost as lost:
            if done < len(cells):
                run.drop(cells[done][0], lost.kind)
            return False
        return True

    def _outcome(self, run: NotebookRun, cell: GradedCell) -> TaskOutcome:
        if cell.kind == "reflection":
            item = ItemOutcome(
                "your text", Status.NEEDS_PERSON, "Read and marked by a person.", possible=cell.points
            )
            return TaskOutcome(cell.name, Status.NEEDS_PERSON, 0.0, cell.points, (item,))
        return with_cell_error(run.outcomes[cell.name], run)

    def _unreadable(
        self, lesson: Lesson, path: Path, student: str, reason: str, started: float, version: str
    ) -> Verdict:
        cells = [cell for cell in lesson.graded if cell.kind != "reflection"]
        return Verdict(
            lesson=lesson.id,
            student=student,
            file=self._shown(path),
            status=Status.ERROR,
            earned=0.0,
            possible=lesson.possible,
            sandbox=self.level.name,
            seconds=round(time.monotonic() - started, 3),
            tasks=tuple(
                whole_task(cell, Status.NOT_ATTEMPTED, "There was no notebook to look into.")
                for cell in cells
            ),
            notes=(reason,),
            submission=file_hash(path),
            checks=version,
        )

    def _shown(self, path: Path) -> str:
        """A path as it is shown: inside the checkout without the machine's own folders."""
        resolved = path.resolve()
        return (
            shown(resolved.relative_to(self.course.root))
            if resolved.is_relative_to(self.course.root)
            else shown(path)
        )


def _judge_question(worker: Worker, guide: LessonGuide, cell: GradedCell) -> TaskOutcome:
    question = guide.question(cell.name)
    if question is None:
        raise CourseError(f"The question {cell.name} has no key in course_utils/lessons.")
    answer, tensors = worker.value(f"answer_{cell.name}")
    value: Any = None
    if answer.get("status") == "ok":
        try:
            value = decode(answer.get("value"), tensors)
        except WireError:
            value = ""
    marked = question.mark(value if isinstance(value, str) or value is None else "?")
    share = 1.0 if marked.status is Status.PASSED else 0.0
    return TaskOutcome(cell.name, marked.status, cell.points * share, cell.points, marked.items)
