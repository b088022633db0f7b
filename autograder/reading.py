"""Reads a file that a student handed in as a notebook, whatever wrote it, or says in one sentence why it is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

MAX_BYTES = 100 * 1024 * 1024
# Lists and objects in the file: each takes far more memory than its two characters.
MAX_PARTS = 1_000_000


class Unreadable(Exception):
    """A file that cannot be marked; the message is one sentence for the student and the instructor."""


def shown(name: Path | str) -> str:
    """A file's name, or a text that holds one, such that it can be written: a file system may hold names that are no UTF-8."""
    return str(name).encode("utf-8", "backslashreplace").decode()


def read_notebook(path: Path) -> NotebookNode:
    """The cells of a notebook file in today's format: sources, types and nbgrader's metadata, no outputs.

    Accepts formats 3 to 4.5 as Colab, VS Code, classic Jupyter and JupyterLab write them, a byte-order mark, any line
    ends, missing or doubled cell ids, and cells that break the schema.

    Raises:
        Unreadable: if there is no notebook in the file.
    """
    data = _load(path)
    found = [_plain_cell(cell) for cell in _raw_cells(data)]
    cells = [cell for cell in found if cell is not None]
    return nbformat.from_dict({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def stored_outputs(path: Path) -> list[list[dict[str, Any]]]:
    """The stored outputs of each code cell, in order; an empty list where there are none or they make no sense."""
    outputs = []
    for cell in _raw_cells(_load(path)):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            stored = cell.get("outputs")
            outputs.append([o for o in stored if isinstance(o, dict)] if isinstance(stored, list) else [])
    return outputs


def _load(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Unreadable(
                f"The file is {size // 2**20} MB; hand in one under {MAX_BYTES // 2**20} MB (clear the outputs)."
            )
        raw = path.read_bytes()
        # Windows programs write UTF-16 too; json knows the marks of both.
        text = raw.decode(json.detect_encoding(raw)).removeprefix("\ufeff")
    except FileNotFoundError:
        raise Unreadable(f"There is no file {shown(path.name)}.") from None
    except IsADirectoryError:
        raise Unreadable(f"{shown(path.name)} is a folder, not a notebook.") from None
    except OSError as error:
        raise Unreadable(f"{shown(path.name)} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unreadable(
            f"{shown(path.name)} is not a text file. Hand in the .ipynb file itself, not a zip, PDF or picture."
        ) from None
    if not text.strip():
        raise Unreadable(f"{shown(path.name)} is empty. Save the notebook and hand it in again.")
    if text.count("[") + text.count("{") > MAX_PARTS:
        raise Unreadable(
            f"{shown(path.name)} holds too many parts to be a notebook. Clear the outputs and hand it in again."
        )
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(
            f"{shown(path.name)} is not a notebook: it holds no valid JSON. Download it again as .ipynb."
        ) from None
    if not isinstance(data, dict) or not _raw_cells(data):
        raise Unreadable(f"{shown(path.name)} holds no cells. Hand in the lesson's notebook.")
    return data


def _raw_cells(data: dict[str, Any]) -> list[Any]:
    """The cells where format 4 or format 3 keeps them."""
    cells = data.get("cells")
    if isinstance(cells, list):
        return cells
    sheets = data.get("worksheets")
    found: list[Any] = []
    for sheet in sheets if isinstance(sheets, list) else []:
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list):
            found += sheet["cells"]
    return found


def _plain_cell(cell: Any) -> NotebookNode | None:
    if not isinstance(cell, dict):
        return None
    kind = cell.get("cell_type")
    source = _text(cell.get("source", cell.get("input")))  # format 3 calls it input
    if kind == "code":
        plain = _new_cell("code", source)
    elif kind in ("markdown", "heading", "raw", "html"):
        plain = _new_cell("markdown", source)
    else:
        return None
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(marks, dict) and isinstance(marks.get("grade_id"), str):
        plain.metadata["nbgrader"] = nbformat.from_dict({"grade_id": marks["grade_id"]})
    return plain


def _new_cell(kind: str, source: str) -> NotebookNode:
    # By hand, since nbformat's own way validates each cell, which takes longer than all of the rest.
    cell = {"cell_type": kind, "metadata": {}, "source": source}
    return nbformat.from_dict(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    text = value if isinstance(value, str) else ""
    # A lone surrogate cannot be written to a file again.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")
