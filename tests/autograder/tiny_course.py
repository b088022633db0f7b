"""A course of one lesson with one task, one question and one reflection: all that the build handles."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from autograder.course import Course

ROOT = Path(__file__).resolve().parents[2]

# In the lesson below `@kind grade_id points` stands for a cell's nbgrader metadata, to keep it readable.
_HEADER = re.compile(r"@(\w+) (.*)")
_KINDS = {
    "locked": {"grade": False, "locked": True, "solution": False},
    "solution": {"grade": False, "locked": False, "solution": True},
    "graded": {"grade": True, "locked": True, "solution": False},
    "written": {"grade": True, "locked": False, "solution": True},
}


def _with_headers(text: str) -> str:
    """Write ``@kind grade_id points`` out as the nbgrader metadata of a cell's header."""

    def metadata(match: re.Match[str]) -> str:
        grade_id, *points = match[2].split()
        meta = _KINDS[match[1]] | {"grade_id": grade_id, "schema_version": 3, "task": False}
        meta |= {"points": int(points[0])} if points else {}
        return f"nbgrader={json.dumps(meta)}"

    return _HEADER.sub(metadata, text)


LESSON = _with_headers('''\
# ---
# jupyter:
#   kernelspec:
#     display_name: Somebody's own
#     language: python
#     name: somebody
# ---

# %% [markdown]
# # Doubling
# <!-- COLAB BADGE -->
# You will double a number.
#
# ![A square and a larger square](pictures/squares.svg)

# %% id="random-1234" @locked setup
# SETUP
from course_utils import open_lesson
lesson = open_lesson("01_tiny")

# %% @solution double
def double(number: int) -> int:
    """Twice the number."""
    # Think of addition.
    ### BEGIN SOLUTION
    twice_the_number = number + number
    return twice_the_number
    ### END SOLUTION

# %% @graded test_double 8
lesson.check(double)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# What is twice three? A: 5, B: 6, C: 7, D: 8.

# %% @solution answer_q_six
answer_q_six = "B"  # one of "A", "B", "C", "D"

# %% @graded test_q_six 1
lesson.answer("q_six", answer_q_six)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] @locked show_ten
print(double(5))

# %% [markdown] @written reflection 2
# ### BEGIN MARK SCHEME
# Two points for naming that doubling undoes halving.
# ### END MARK SCHEME
''')

# Stands in for the real package in the solution's kernel, where starting torch would cost seconds a test.
PACKAGE = """\
__version__ = "{version}"


class Lesson:
    def check(self, function):
        print("✔ double: correct" if function(3) == 6 else "✘ double: not yet correct")

    def answer(self, name, value):
        print(f"✔ {{name}}: correct" if value == "B" else f"✘ {{name}}: not yet correct")


def open_lesson(name):
    return Lesson()
"""

CHECK = """\
def check_double(candidate, secret_number):
    expected_value = secret_number * 2
    actual_value = candidate(secret_number)
    difference = abs(expected_value - actual_value)
    return difference == 0
"""

SQUARES = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="9" height="9"/></svg>\n'
)


def write(path: Path, text: str) -> Path:
    """Write a text, folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def tiny_course(root: Path, lesson: str = LESSON) -> Course:
    """Write the course below ``root``: this repository's settings, and everything else small."""
    for name in ("nbgrader_config.py", "pyproject.toml", "LICENSE", "LICENSE-text"):
        shutil.copyfile(ROOT / name, root / name)
    course = Course(root)
    write(root / "solutions" / "01_tiny" / "tiny.py", lesson)
    write(root / "solutions" / "01_tiny" / "pictures" / "squares.svg", SQUARES)
    write(root / "course_utils" / "__init__.py", PACKAGE.format(version=course.settings["version"]))
    write(root / "course_utils" / "lessons" / "__init__.py", "")
    write(root / "course_utils" / "lessons" / "tiny.py", "GUIDE = 'visible'\n")
    write(root / "data" / "pictures.json", "[]\n")
    write(root / "data" / "rebuild.py", "print('for instructors')\n")
    write(root / "data" / "weights" / "net.json", "{}\n")
    write(root / "autograder" / "checks" / "tiny.py", CHECK)
    return course
