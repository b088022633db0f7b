"""Our HTML pages: templates with everything escaped, one style inlined, and a policy that forbids scripts."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.course import Lesson
from autograder.pages.safe_text import number, plain, without_paths
from autograder.whole_file import write_whole

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # The one style is named by its hash, so that not even a style of anybody else's would apply.
    environment.globals.update(style=Markup(style), style_hash=Markup(f"sha256-{digest}"))
    environment.filters["number"] = number
    environment.filters["code"] = _with_code
    return environment


def _with_code(text: str) -> Markup:
    """A message with what stands in `backticks` set as code; every part is escaped first."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:  # an odd number of backticks marks nothing
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def render(template: str, **values: Any) -> str:
    """A page from one of the templates beside this module; every value is escaped."""
    return _environment().get_template(template).render(**values)


def write_page(path: Path, page: str) -> Path:
    """Write a page whole or not at all, and return its path."""
    return write_whole(path, page, mode=0o644)


def shown(text: object, limit: int = 1500) -> str:
    """Text of or about a submission, fit to be shown: see :mod:`autograder.pages.safe_text`."""
    return without_paths(plain(text, limit))


def lesson_title(lesson: Lesson) -> str:
    """The lesson's title as its first heading says it, or its id."""
    for cell in lesson.notebook.cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("# "):
                    return line.removeprefix("# ").strip()
    return lesson.id


def task_label(name: str) -> str:
    """How a task, question or reflection is called on a page."""
    if name == "reflection":
        return "Reflection"
    return f"Question: {name.removeprefix('q_').replace('_', ' ')}" if name.startswith("q_") else name
