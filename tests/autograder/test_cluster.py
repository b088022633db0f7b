"""Marking on a Dask cluster gives the marks that marking here gives."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.batch import How, mark_all, stale
from autograder.cluster import mark_on_cluster
from autograder.course import Course, CourseError, this_course


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = Course(this_course().root, tmp_path / "grading")
    solved = course.solutions / "06_grad_cam" / "grad_cam.ipynb"
    for student in ("ada", "ben"):
        path = course.inbox / student / "06_grad_cam" / "grad_cam.ipynb"
        path.parent.mkdir(parents=True)
        shutil.copyfile(solved, path)
    return course


@pytest.mark.slow
def test_a_local_cluster_gives_the_same_marks(course: Course) -> None:
    jobs, _ = stale(course, course.lesson("06_grad_cam"))
    there = {v.student: v for v in mark_on_cluster(course, jobs, how=How(), address="local", workers=2)}
    here = {v.student: v for v in mark_all(course, jobs, how=How())}
    assert {s: v.tasks for s, v in there.items()} == {s: v.tasks for s, v in here.items()}
    assert there["ada"].earned == 24.0
    assert stale(course, course.lesson("06_grad_cam"))[0] == []


@pytest.mark.slow
def test_no_scheduler_there_is_one_line(course: Course) -> None:
    jobs, _ = stale(course, course.lesson("06_grad_cam"))
    with pytest.raises(CourseError, match="No Dask scheduler answers at tcp:"):
        list(mark_on_cluster(course, jobs, how=How(), address="tcp://127.0.0.1:9"))
