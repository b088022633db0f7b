"""What students install, and the search for what they must not get."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from autograder.course import Course, CourseError
from autograder.release.leaks import leaks
from autograder.release.wheel import build_wheel, stage
from tests.autograder.tiny_course import tiny_course, write


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny_course(tmp_path)


def test_the_wheel_holds_the_package_and_its_pictures_alone(course: Course, tmp_path: Path) -> None:
    wheel = build_wheel(course, tmp_path / "out")
    assert wheel.name == "course_utils-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = HeaderParser().parsestr(archive.read("course_utils-1.0.0.dist-info/METADATA").decode())
    assert names == {
        "course_utils/__init__.py",
        "course_utils/lessons/__init__.py",
        "course_utils/lessons/tiny.py",
        "course_utils/data/pictures.json",
    }
    assert metadata["Requires-Python"] == ">=3.11"
    required = metadata.get_all("Requires-Dist")
    assert "torch>=2.5" in required
    assert {"torchvision", "numpy", "pillow", "matplotlib", "requests", "safetensors"} <= set(required)
    assert 'efficientnet-lite-pytorch; extra == "offline"' in required


def test_the_same_sources_give_the_same_wheel(course: Course, tmp_path: Path) -> None:
    first, second = (build_wheel(course, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_it_installs_and_imports_without_the_checkout(course: Course, tmp_path: Path) -> None:
    wheel = build_wheel(course, tmp_path / "out")
    target = tmp_path / "site"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
    ]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    code = (
        f"import sys; sys.path.insert(0, {str(target)!r}); import course_utils; from pathlib import Path;"
        "assert (Path(course_utils.__file__).parent / 'data' / 'pictures.json').is_file();"
        "print(course_utils.__file__)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip().startswith(str(target))


def test_two_versions_are_one_too_many(course: Course, tmp_path: Path) -> None:
    path = course.root / "course_utils" / "__init__.py"
    path.write_text(path.read_text(encoding="utf-8").replace("1.0.0", "1.0.1"), encoding="utf-8")
    expected = "pyproject.toml says version 1.0.0, course_utils/__init__.py says 1.0.1"
    with pytest.raises(CourseError, match=expected.replace(".", r"\.")):
        build_wheel(course, tmp_path / "out")


def test_what_is_not_on_the_list_stays_out_of_the_staging_folder(course: Course, tmp_path: Path) -> None:
    write(course.root / "course_utils" / "notes.ipynb", "{}")
    write(course.root / "course_utils" / "__pycache__" / "x.py", "")
    secret = write(course.root / "secret.txt", "a secret")
    (course.root / "data" / "link.txt").symlink_to(secret)
    stage(course, _empty(tmp_path / "staging"))
    found = {
        str(p.relative_to(tmp_path / "staging")) for p in (tmp_path / "staging").rglob("*") if p.is_file()
    }
    assert found == {
        "LICENSE",
        "LICENSE-text",
        "pyproject.toml",
        "course_utils/__init__.py",
        "course_utils/lessons/__init__.py",
        "course_utils/lessons/tiny.py",
        "course_utils/data/pictures.json",
    }


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


SOLUTION = """\
def unrelated(n):
    return n


def g(number):
    twice_the_number = (
        number
        + number
    )
    return twice_the_number
"""
CHECK = """\
def other(candidate, secret_number):
    expected_value = secret_number * 2
    actual_value = candidate(secret_number)
    difference = abs(expected_value - actual_value)
    return difference == 0
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SOLUTION, "leak.py: holds the solution of double (01_tiny)."),
        (CHECK, "leak.py: holds the hidden check tiny.check_double."),
        ("# ### BEGIN SOLUTION\n", "leak.py: holds the marker 'BEGIN SOLUTION'."),
        ("def f():\n    from autograder.checks import tiny\n", "leak.py: imports the autograder."),
        ('answer_q_six = "B"\n', "leak.py: holds the answer to question q_six."),
        (
            'x = """Two points for naming that doubling  undoes halving."""\n',
            "leak.py: holds a line of the rubric of 01_tiny.",
        ),
    ],
)
def test_a_leak_is_found_wherever_it_hides(course: Course, tmp_path: Path, text: str, expected: str) -> None:
    plain = write(tmp_path / "get" / "leak.py", text)
    assert leaks(course, [plain]) == [expected]
    assert leaks(course, [plain.parent]) == [f"get/{expected}"]

    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("course_utils/leak.py", text)
    assert leaks(course, [wheel]) == [f"some.whl/course_utils/{expected}"]

    cell = {"cell_type": "markdown", "source": text.splitlines(keepends=True)}
    notebook = write(tmp_path / "leak.ipynb", json.dumps({"cells": [cell]}))
    assert leaks(course, [notebook]) == [expected.replace("leak.py", "leak.ipynb")]


def test_a_leak_in_an_output_is_found(course: Course, tmp_path: Path) -> None:
    output = {
        "output_type": "stream",
        "text": ["twice_the_number = number + number\n", "return twice_the_number"],
    }
    cell = {"cell_type": "code", "source": [], "outputs": [output]}
    notebook = write(tmp_path / "leak.ipynb", json.dumps({"cells": [cell]}))
    assert leaks(course, [notebook]) == ["leak.ipynb: holds the solution of double (01_tiny)."]


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 3}'])
def test_a_damaged_notebook_is_told_and_still_searched(course: Course, tmp_path: Path, text: str) -> None:
    notebook = write(tmp_path / "damaged.ipynb", text + " ### BEGIN SOLUTION")
    told = "damaged.ipynb: is no notebook that could be searched. Build it anew, or remove it."
    assert leaks(course, [notebook])[0] == told
    assert any("marker 'BEGIN SOLUTION'" in line for line in leaks(course, [notebook]))
    write(notebook, text)
    assert leaks(course, [notebook]) == [told]


@pytest.mark.parametrize(
    "text",
    [
        "def triple(number):\n    return number + number + number\n",
        "answer_q_six = None  # TODO\n",
        "The autograder imports nothing.\n",
        "expected_value = secret_number * 2\n",
    ],
)
def test_what_gives_nothing_away_is_no_leak(course: Course, tmp_path: Path, text: str) -> None:
    assert leaks(course, [write(tmp_path / "fine.md", text)]) == []
