"""The class marked by this course's autograder, all on: ``python -m benchmarks.marking.ours FOLDER JOBS``."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from rich.console import Console

import autograder.quick_start  # noqa: F401 - as the command does
from autograder.batch import How
from autograder.course import Course, this_course
from autograder.grading import grade

if __name__ == "__main__":
    torch.set_num_threads(1)
    root = this_course().root
    course = Course(root, Path(sys.argv[1]).resolve())
    quiet = Console(stderr=True, quiet=True)
    done = grade(course, [course.lesson("06_grad_cam")], how=How(), console=quiet, workers=int(sys.argv[2]))
    print(done.marked)
