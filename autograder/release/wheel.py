"""The package that students install: `course_utils` with its pictures, and nothing else.

It is built from a staging folder into which only what is on a list gets, so that no file of the instructor's
side can slip in by a careless pattern.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from autograder.course import Course, CourseError
from autograder.release.source import wheel_name

CODE = {".py", ".typed", ".json", ".css", ".txt"}
DATA = {".webp", ".png", ".jpg", ".svg", ".json", ".toml", ".csv", ".txt", ".md"}
LICENCES = ("LICENSE", "LICENCE", "COPYING")
# Networks for machines without a network stay out: a student who installs from an address can download.
LEFT_OUT = {"weights", "__pycache__"}

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "course_utils"
version = {version}
description = {description}
requires-python = {python}
license = "MIT"
license-files = ["LICENSE*"]
dependencies = {dependencies}

[project.optional-dependencies]
offline = {offline}

[tool.setuptools]
include-package-data = false

[tool.setuptools.packages.find]
include = ["course_utils*"]

[tool.setuptools.package-data]
course_utils = ["**/*"]
"""


def build_wheel(course: Course, into: Path) -> Path:
    """Build ``course_utils-VERSION-py3-none-any.whl`` into a folder, without a network, and look inside.

    Raises:
        CourseError: if the versions in ``pyproject.toml`` and ``course_utils`` differ, or the build fails.
    """
    version = course.settings["version"]
    if version != _package_version(course):
        raise CourseError(
            f"pyproject.toml says version {version}, course_utils/__init__.py says "
            f"{_package_version(course)}. Write the same version in both."
        )
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        staging = Path(folder)
        stage(course, staging)
        _run_pip(staging, into)
    wheel = into / wheel_name(course)
    if not wheel.is_file():
        raise CourseError(f"The build made no {wheel.name}.")
    _look_inside(wheel, version)
    return wheel


def _package_version(course: Course) -> str:
    for line in (course.root / "course_utils" / "__init__.py").read_text(encoding="utf-8").splitlines():
        if line.startswith("__version__"):
            return line.split("=", 1)[1].strip().strip("\"'")
    raise CourseError('course_utils/__init__.py has no line __version__ = "...".')


def stage(course: Course, folder: Path) -> None:
    """Put into an empty folder what the wheel is made of: package, pictures, licences, ``pyproject.toml``."""
    _copy(course.root / "course_utils", folder / "course_utils", CODE)
    _copy(course.root / "data", folder / "course_utils" / "data", DATA)
    for name in ("LICENSE", "LICENSE-text"):
        if (course.root / name).is_file():
            shutil.copyfile(course.root / name, folder / name)
    (folder / "pyproject.toml").write_text(_pyproject(course), encoding="utf-8")


def _copy(source: Path, target: Path, suffixes: set[str]) -> None:
    for path in sorted(source.rglob("*")):
        inner = path.relative_to(source)
        wanted = path.suffix in suffixes or path.name.startswith(LICENCES)
        if not wanted or path.is_symlink() or not path.is_file() or LEFT_OUT & set(inner.parts):
            continue
        (target / inner).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / inner)


def _pyproject(course: Course) -> str:
    project = course.project
    return _PYPROJECT.format(
        version=_toml(course.settings["version"]),
        description=_toml(f"What the notebooks of {course.settings['title']} import"),
        python=_toml(project["requires-python"]),
        dependencies=_toml(project["dependencies"]),
        offline=_toml(project.get("optional-dependencies", {}).get("offline", [])),
    )


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _run_pip(staging: Path, into: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    # A fixed time stamp makes the same sources give the same bytes.
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1577836800", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        [*command, "--wheel-dir", str(into), str(staging)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise CourseError(
            f"The wheel could not be built: {lines[-1].strip() if lines else 'pip gave no reason'}"
        )


def _look_inside(wheel: Path, version: str) -> None:
    allowed = ("course_utils/", f"course_utils-{version}.dist-info/")
    with zipfile.ZipFile(wheel) as archive:
        strangers = [name for name in archive.namelist() if not name.startswith(allowed)]
    if strangers:
        raise CourseError(f"{wheel.name} holds what does not belong in it: {', '.join(strangers[:3])}.")
