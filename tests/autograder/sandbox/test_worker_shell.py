"""The worker's IPython: magics, shell commands, output within bounds, errors as data."""

from __future__ import annotations

import time
from typing import Any

import pytest

from autograder.sandbox.client import Template
from autograder.sandbox.worker.limits import TimeLimit, cpu_time
from autograder.sandbox.worker.shell import MAX_PRINTED, BoundedText, describe_error


def run(template: Template, *cells: str) -> list[dict[str, Any]]:
    with template.worker() as worker:
        return list(worker.run_cells([(str(n), cell) for n, cell in enumerate(cells)]))


@pytest.mark.parametrize(
    ("cells", "printed"),
    [
        (["%%time\ndef f(): return 3", "print(f())"], "3\n"),
        (["%%capture out\ndef f(): return 3\nprint('hidden')", "print(f(), out.stdout)"], "3 hidden\n\n"),
        (["%%writefile helper.py\ndef f(): return 3", "from helper import f\nprint(f())"], "3\n"),
        (["%%no_such_magic\nx = 3", "print(x)"], "3\n"),
        (["%no_such_magic\n%load_ext no_such_extension\n%matplotlib widget\nx = 3", "print(x)"], "3\n"),
        (["out = !echo hello", "print(out)"], "['hello']\n"),
        (["!exit 3", "print(_exit_code)"], "3\n"),
        (["import asyncio\nx = await asyncio.sleep(0, 3)", "print(x)"], "3\n"),
        (["exit()", "print('still here')"], "still here\n"),
        (["name = input('who? ')", "print(repr(name))"], "''\n"),
        (["import sys\nsys.stdout = None", "print('still heard')"], "still heard\n"),
        (["%reset -f", "print(get_ipython() is not None)"], "True\n"),
        (
            ["from google.colab import files, drive\nprint(files.upload(), drive.mount('/content/drive'))"],
            "{} None\n",
        ),
        (
            [
                "import shutil, os\nopen('a', 'w').close()\nshutil.copy('a', 'b')\nos.chmod('b', 0o777)\nprint(sorted(os.listdir()))"
            ],
            "['a', 'b']\n",
        ),
        (["import torch\ntorch.set_num_threads(4)\nprint(torch.get_num_threads())"], "1\n"),
        (
            [
                "import torch\nprint(torch.ones(2, device='cuda').cuda().device, torch.nn.Linear(1, 1).cuda().weight.device)"
            ],
            "cpu cpu\n",
        ),
        (["3", "print(_ if '_' in dir() else 'nothing is kept')"], "nothing is kept\n"),
    ],
    ids=lambda value: value[0][:30] if isinstance(value, list) else "",
)
def test_cells(template: Template, cells: list[str], printed: str) -> None:
    answer = run(template, *cells)[-1]
    assert answer["status"] == "ok", answer
    assert answer["printed"] == printed


def test_input_comes_to_an_end(template: Template) -> None:
    (answer,) = run(template, "while True:\n    input('again? ')")
    assert answer["status"] == "error" and answer["error"]["type"] == "EOFError"


def test_data_loaders_work_without_helpers(template: Template) -> None:
    code = (
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "import torch\n"
        "data = TensorDataset(torch.arange(6))\n"
        "print([len(list(loader)) for loader in (DataLoader(data, num_workers=2, persistent_workers=True, prefetch_factor=4),\n"
        "       DataLoader(data, 2, False, None, None, 3))])"
    )
    assert run(template, code)[0]["printed"] == "[6, 3]\n"


@pytest.mark.parametrize(
    ("cell", "described"),
    [
        (
            "x = 1\nx / 0",
            {"type": "ZeroDivisionError", "message": "division by zero", "lineno": 2, "line": "x / 0"},
        ),
        (
            "no_name",
            {
                "type": "NameError",
                "message": "name 'no_name' is not defined",
                "name": "no_name",
                "lineno": 1,
                "line": "no_name",
            },
        ),
        (
            "raise KeyboardInterrupt",
            {"type": "KeyboardInterrupt", "message": "", "lineno": 1, "line": "raise KeyboardInterrupt"},
        ),
        ("raise type('x' * 500, (Exception,), {})('y' * 5000)", None),
    ],
)
def test_errors_are_data(template: Template, cell: str, described: dict[str, Any] | None) -> None:
    (answer,) = run(template, cell)
    assert answer["status"] == "error"
    if described is not None:
        assert answer["error"] == described
    else:
        assert len(answer["error"]["type"]) == 100 and len(answer["error"]["message"]) == 600


def test_a_syntax_error_names_its_line(template: Template) -> None:
    (answer,) = run(template, "x = 1\ndef f(:\n    pass")
    assert answer["error"]["type"] == "SyntaxError" and answer["error"]["lineno"] == 2


def test_printing_is_bounded(template: Template) -> None:
    (answer,) = run(template, "print('start')\nfor _ in range(300):\n    print('x' * 10000)\nprint('end')")
    printed = answer["printed"]
    assert printed.startswith("start\n") and printed.endswith("end\n") and "left out" in printed
    assert len(printed) < MAX_PRINTED + 100


@pytest.mark.parametrize(
    "pieces", [["a" * 30], ["a"] * 30, ["abc", "d" * 5, "e" * 22], ["", "a" * 10, "b" * 20]]
)
def test_bounded_text_keeps_both_ends(pieces: list[str]) -> None:
    stream = BoundedText(10)
    for piece in pieces:
        assert stream.write(piece) == len(piece)
    whole = "".join(pieces)
    assert stream.text() == f"{whole[:5]}\n… 20 characters left out …\n{whole[-5:]}"


def test_short_text_is_whole() -> None:
    stream = BoundedText(10)
    stream.write("short")
    assert stream.text() == "short"


def test_a_time_limit_comes_back_to_code_that_swallows_it() -> None:
    caught = 0
    with pytest.raises(TimeLimit), cpu_time(0.05):
        while True:
            try:
                while True:
                    pass
            except TimeLimit:
                caught += 1
                if caught == 2:
                    raise
    assert caught == 2
    end = time.process_time() + 0.8
    while time.process_time() < end:  # nothing fires any more
        pass


def test_an_exception_that_cannot_print_itself() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert describe_error(Mute()) == {"type": "Mute", "message": ""}


def test_an_own_kind_of_error_names_its_builtin_bases() -> None:
    class UnknownLayer(KeyError):
        pass

    class Both(UnknownLayer, ValueError):
        pass

    assert set(describe_error(UnknownLayer("conv9"))["bases"]) == {"KeyError", "LookupError"}
    assert set(describe_error(Both())["bases"]) == {"KeyError", "LookupError", "ValueError"}
    assert "bases" not in describe_error(KeyError("conv9"))
