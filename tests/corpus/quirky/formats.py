"""What different programs, downloads and uploads make of a right notebook."""

from __future__ import annotations

import base64
import json

import nbformat
from nbformat import NotebookNode

from autograder.course import Lesson

from . import changed

_PICTURE = base64.b64encode(bytes(range(256)) * 16_000).decode()


def _data(notebook: NotebookNode) -> dict:
    return json.loads(nbformat.writes(notebook))


def _text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook)


def _colab(notebook: NotebookNode, lesson: Lesson) -> dict:
    data = _data(notebook)
    for number, cell in enumerate(data["cells"]):
        cell["metadata"].update(
            {"id": f"aBc{number}", "outputId": "x", "colab": {"base_uri": "https://localhost/"}}
        )
        cell.pop("id", None)
    data["metadata"] = {
        "accelerator": "GPU",
        "colab": {"provenance": [], "gpuType": "T4", "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
    }
    data["nbformat_minor"] = 0
    return data


def _vs_code(notebook: NotebookNode, lesson: Lesson) -> dict:
    data = _data(notebook)
    for cell in data["cells"]:
        cell["metadata"]["vscode"] = {"languageId": "python"}
        cell["source"] = "".join(cell["source"])
    data["metadata"] = {
        "language_info": {"name": "python"},
        "orig_nbformat": 4,
        "vscode": {"interpreter": {"hash": "1"}},
    }
    return data


def _format_3(notebook: NotebookNode, lesson: Lesson) -> dict:
    cells = []
    for cell in _data(notebook)["cells"]:
        old = {"cell_type": cell["cell_type"], "metadata": cell["metadata"]}
        if cell["cell_type"] == "code":
            old.update(input=cell["source"], language="python", outputs=[], collapsed=False, prompt_number=1)
        else:
            old["source"] = cell["source"]
        cells.append(old)
    cells.insert(0, {"cell_type": "heading", "level": 1, "source": "My work", "metadata": {}})
    return {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": cells, "metadata": {}}],
    }


def _no_metadata(notebook: NotebookNode, lesson: Lesson) -> dict:
    data = _data(notebook)
    data["metadata"] = {}
    for cell in data["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    return data


def _no_keys(notebook: NotebookNode, lesson: Lesson) -> dict:
    cells = [{"cell_type": c["cell_type"], "source": c["source"]} for c in _data(notebook)["cells"]]
    return {"cells": cells}


def _ids_lost_here_and_there(notebook: NotebookNode, lesson: Lesson) -> dict:
    data = _data(notebook)
    for cell in data["cells"][::2]:
        cell["metadata"].pop("nbgrader", None)
    return data


def _ids_doubled(notebook: NotebookNode, lesson: Lesson) -> dict:
    data = _data(notebook)
    for cell in data["cells"]:
        cell["id"] = "same"
    return data


def _unknown_kernel(notebook: NotebookNode, lesson: Lesson) -> None:
    notebook.metadata["kernelspec"] = {"name": "my-gpu-env-311", "display_name": "R", "language": "R"}
    notebook.metadata["language_info"] = {"name": "julia", "version": "0.1"}


def _huge_outputs(notebook: NotebookNode, lesson: Lesson) -> dict:
    data = _data(notebook)
    code = [cell for cell in data["cells"] if cell["cell_type"] == "code"]
    for cell in code[:3]:
        cell["outputs"] = [
            {
                "output_type": "display_data",
                "data": {"image/png": _PICTURE, "text/plain": "x"},
                "metadata": {},
            },
            {"output_type": "stream", "name": "stderr", "text": ["w" * 1000 + "\n"] * 500},
        ]
    return data


def _broken_outputs(notebook: NotebookNode, lesson: Lesson) -> dict:
    data = _data(notebook)
    for number, cell in enumerate(c for c in data["cells"] if c["cell_type"] == "code"):
        cell["outputs"] = [None, {"output_type": "unknown"}, {"no": "type"}][: number % 4]
        cell["execution_count"] = "three"
    return data


def _long_base64_in_markdown(notebook: NotebookNode, lesson: Lesson) -> None:
    notebook.cells.insert(2, nbformat.v4.new_markdown_cell(f"![mine](data:image/png;base64,{_PICTURE})"))


def _encoded(mark: bytes, encoding: str) -> object:
    return lambda notebook, lesson: mark + _text(notebook).encode(encoding)


QUIRKS = [
    changed("colab", _colab, "Copy of lesson.ipynb"),
    changed("vs_code", _vs_code, "lesson (1).ipynb"),
    changed("format_3", _format_3),
    changed("no_metadata_at_all", _no_metadata, "Kopie von lesson.ipynb"),
    changed("sources_and_types_alone", _no_keys),
    changed("ids_lost_here_and_there", _ids_lost_here_and_there),
    changed("cell_ids_doubled", _ids_doubled),
    changed("unknown_kernel", _unknown_kernel),
    changed("huge_outputs", _huge_outputs),
    changed("broken_outputs", _broken_outputs),
    changed("long_picture_in_markdown", _long_base64_in_markdown),
    changed("byte_order_mark", _encoded(b"\xef\xbb\xbf", "utf-8")),
    changed("utf_16", _encoded(b"", "utf-16")),
    changed("carriage_returns", lambda n, le: _text(n).replace("\n", "\r\n").encode()),
    changed(
        "carriage_returns_in_sources",
        lambda n, le: json.dumps(
            {
                **_data(n),
                "cells": [
                    {**c, "source": "".join(c["source"]).replace("\n", "\r\n")} for c in _data(n)["cells"]
                ],
            }
        ).encode(),
    ),
    changed(
        "compact_json", lambda n, le: json.dumps(_data(n), separators=(",", ":"), ensure_ascii=True).encode()
    ),
    changed("another_name", lambda n, le: None, "final_FINAL (2) – ä.IPYNB"),
    changed("python_version_of_its_own", lambda n, le: {**_data(n), "nbformat_minor": 99}),
]
