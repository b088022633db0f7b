"""A batch marks what is new or changed, keeps what holds, and gives the same marks in any number of processes."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import batch
from autograder.batch import How, Job, mark_all, stale
from autograder.course import Course, CourseError, this_course
from autograder.lesson_material import file_hash
from autograder.sandbox.client import TemplateFailed
from autograder.sandbox.levels import SandboxUnavailable
from autograder.verdicts import VerdictStore

RELEASE = this_course().notebooks / "06_grad_cam" / "grad_cam.ipynb"
SOLVED = this_course().solutions / "06_grad_cam" / "grad_cam.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = Course(this_course().root, tmp_path / "grading")
    for student, source in (("ada", SOLVED), ("ben", RELEASE)):
        path = course.inbox / student / "06_grad_cam" / "grad_cam.ipynb"
        path.parent.mkdir(parents=True)
        shutil.copyfile(source, path)
    broken = course.inbox / "cem" / "06_grad_cam" / "grad_cam.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_text("not a notebook")
    return course


def test_marks_once_and_again_what_changed(course: Course) -> None:
    lesson = course.lesson("06_grad_cam")
    jobs, holding = stale(course, lesson)
    assert ([job.student for job in jobs], holding) == (["ada", "ben", "cem"], [])
    first = {v.student: v for v in mark_all(course, jobs, how=How(), workers=2)}
    assert {s: v.earned for s, v in first.items()} == {"ada": 24.0, "ben": 0.0, "cem": 0.0}
    assert (course.submitted / "ada" / lesson.id / "grad_cam.ipynb").is_file()
    assert not (course.submitted / "cem").exists()

    jobs, holding = stale(course, lesson)
    assert (jobs, sorted(v.student for v in holding)) == ([], ["ada", "ben", "cem"])

    shutil.copyfile(SOLVED, course.inbox / "ben" / lesson.id / "grad_cam.ipynb")
    jobs, holding = stale(course, lesson)
    assert [job.student for job in jobs] == ["ben"]
    (again,) = mark_all(course, jobs, how=How())
    assert again.earned == 24.0

    # The same class from nothing, one process: the same marks, item by item.
    shutil.rmtree(course.verdicts)
    jobs, _ = stale(course, lesson)
    second = {v.student: v for v in mark_all(course, jobs, how=How())}
    assert second["ada"].tasks == first["ada"].tasks


def test_changed_checks_make_a_verdict_stale(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = course.lesson("06_grad_cam")
    job = Job(lesson.id, "cem", course.inbox / "cem" / lesson.id / "grad_cam.ipynb")
    list(mark_all(course, [job], how=How()))
    assert [j.student for j in stale(course, lesson, "cem")[0]] == []
    monkeypatch.setattr(batch, "checks_version", lambda lesson: "another version")
    assert [j.student for j in stale(course, lesson, "cem")[0]] == ["cem"]


def test_a_crashed_verdict_asks_for_a_person(course: Course) -> None:
    lesson = course.lesson("06_grad_cam")
    verdict = batch.crashed(course, Job(lesson.id, "ada", Path("grad_cam.ipynb")), "A reason.")
    assert (verdict.earned, verdict.possible, str(verdict.status)) == (0.0, 24.0, "crashed")
    VerdictStore(course.verdicts).put(verdict)
    # Its file's hash is unknown, so the next run tries again.
    assert "ada" in [job.student for job in stale(course, lesson)[0]]


def test_the_secret_is_there_before_several_processes_ask_for_it(course, monkeypatch, tmp_path) -> None:
    """Two that make it at the same time: one could read what the other has not written yet."""
    seen: list[bool] = []

    def processes(given, jobs, how, workers):
        seen.append((given.grading / "secret").stat().st_size == 32)
        return iter(())

    monkeypatch.setattr(batch, "_in_processes", processes)
    place = Course(course.root, tmp_path / "new")
    jobs = [Job("l", name, tmp_path / name) for name in ("a", "b")]
    assert list(mark_all(place, jobs, how=How(sandbox="limits"), workers=2)) == []
    assert seen == [True]


class _Marker:
    """Marks nothing: raises for one student, and gives the others a verdict."""

    def __init__(self, course: Course, error: Exception) -> None:
        self.course, self.error = course, error

    def __enter__(self) -> _Marker:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def mark_submission(self, lesson, path, student, clean):
        if student == "ben":
            raise self.error
        return batch.crashed(self.course, Job(lesson.id, student, path), "Marked.")


@pytest.mark.parametrize("error", [RecursionError("deep"), ValueError("\udce9"), BrokenPipeError("gone")])
def test_a_marker_that_fails_on_one_submission_marks_the_others(course, monkeypatch, error) -> None:
    monkeypatch.setattr(batch, "_marker", lambda *_: _Marker(course, error))
    jobs, _ = stale(course, course.lesson("06_grad_cam"))
    found = {v.student: v for v in mark_all(course, jobs, how=How(sandbox="limits"))}
    assert {s: v.notes for s, v in found.items()} == {
        "ada": ("Marked.",),
        "ben": (f"The marker itself failed ({type(error).__name__}). A person should look.",),
        "cem": ("Marked.",),
    }
    assert VerdictStore(course.verdicts).get("06_grad_cam", "ben") == found["ben"]
    assert "Traceback" in found["ben"].log[0]["traceback"]


@pytest.mark.parametrize(
    "error", [CourseError("x"), SandboxUnavailable("x"), TemplateFailed("x"), PermissionError(13, "x", "y")]
)
def test_a_fault_of_the_machine_stops_the_batch(course, monkeypatch, error) -> None:
    monkeypatch.setattr(batch, "_marker", lambda *_: _Marker(course, error))
    jobs, _ = stale(course, course.lesson("06_grad_cam"))
    with pytest.raises(type(error)):
        list(mark_all(course, jobs, how=How(sandbox="limits")))


def test_a_verdict_names_the_other_notebooks_also_later_ones_and_holds_with_its_clean_one(
    course, monkeypatch
) -> None:
    class Marks(_Marker):
        def mark_submission(self, lesson, path, student, clean):
            made = batch.crashed(self.course, Job(lesson.id, student, path), "Marked.")
            clean.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, clean)
            return replace(made, submission=file_hash(path), checks=batch.checks_version(lesson))

    monkeypatch.setattr(batch, "_marker", lambda *_: Marks(course, ValueError()))
    lesson = course.lesson("06_grad_cam")
    folder = course.inbox / "ada" / lesson.id
    jobs, _ = stale(course, lesson, "ada")
    (first,) = mark_all(course, jobs, how=How(sandbox="limits"))
    assert first.notes == ("Marked.",)

    again = folder / "grad_cam (1).ipynb"
    shutil.copyfile(RELEASE, again)
    os.utime(again, (2_000_000_000, 2_000_000_000))
    named = "Also there, not marked: grad_cam.ipynb. The newest one counts."
    jobs, _ = stale(course, lesson, "ada")
    assert [job.path for job in jobs] == [again]
    (second,) = mark_all(course, jobs, how=How(sandbox="limits"))
    assert second.notes == ("Marked.", named)

    os.rename(folder / "grad_cam.ipynb", folder / "old.ipynb")
    jobs, (held,) = stale(course, lesson, "ada")
    assert jobs == [] and held.notes == ("Marked.", named.replace("grad_cam", "old"))
    assert VerdictStore(course.verdicts).get(lesson.id, "ada") == held

    # Without the clean notebook the gradebook would give 0 points to what was marked.
    shutil.rmtree(course.submitted)
    assert [job.student for job in stale(course, lesson, "ada")[0]] == ["ada"]
