"""Runs the cells of one notebook in IPython, and keeps what they print within bounds."""

from __future__ import annotations

import builtins
import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any

import torch
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from .limits import TimeLimit, cpu_time
from .stand_ins import use_cpu_instead, wants_gpu

MAX_PRINTED = 8_000


class BoundedText(io.TextIOBase):
    """A text stream that keeps the beginning and the end of what is written, in bounded memory."""

    encoding = "utf-8"

    def __init__(self, limit: int = MAX_PRINTED) -> None:
        self._half = limit // 2
        self._head, self._tail, self._dropped = "", "", 0

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        room = self._half - len(self._head)
        self._head += text[:room]
        rest = text[room:] if room < len(text) else ""
        if rest:
            tail = self._tail + rest
            self._dropped += max(0, len(tail) - self._half)
            self._tail = tail[-self._half :]
        return len(text)

    def text(self) -> str:
        """What is kept, with a line in the middle that says how much is not."""
        gap = f"\n… {self._dropped} characters left out …\n" if self._dropped else ""
        return self._head + gap + self._tail


@contextlib.contextmanager
def printed_to(stream: BoundedText) -> Iterator[None]:
    """Send ``sys.stdout`` and ``sys.stderr`` to a stream for the length of the block, whatever the block does to them."""
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = stream  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _QuietPublisher(DisplayPublisher):
    def publish(self, *args: Any, **kwargs: Any) -> None:
        """Pictures and tables are for the student's screen; marking has no use for them."""


class _QuietHook(DisplayHook):
    def __call__(self, result: Any = None) -> None:
        """The value of a cell's last line is not computed into a picture or text here."""


class CellShell(InteractiveShell):
    """IPython without history, display or GUI: magics, ``!commands`` and top-level ``await`` work."""

    display_pub_class = _QuietPublisher
    displayhook_class = _QuietHook
    earlier: dict[str, Any] | None = None
    """What each name last held that can be called, as found after each cell; models left out."""

    def keep_functions(self) -> None:
        """Remember the notebook's functions: a later cell may put the result of one under its own name."""
        self.earlier = self.earlier if isinstance(self.earlier, dict) else {}
        with contextlib.suppress(RuntimeError):  # a thread of the student's adds names meanwhile
            for name, value in list(self.user_ns.items()):
                if callable(value) and not issubclass(type(value), torch.nn.Module):
                    self.earlier[name] = value

    def enable_gui(self, gui: Any = None) -> None:
        """``%matplotlib inline`` needs no event loop here."""

    def enable_matplotlib(self, gui: Any = None) -> tuple[Any, str]:
        """Whatever `%matplotlib` asks for, pictures are drawn and never shown."""
        return None, "agg"

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """A line magic that is not to be had here, or fails, is no reason to leave the rest of its cell undone."""
        try:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        except Exception as error:
            print(f"%{magic_name}: {error}", file=sys.stderr)
            return None

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        """A cell magic that is not to be had here leaves its cell as it is."""
        if self.find_cell_magic(magic_name) is None:
            self.run_cell(cell, store_history=False)
            return None
        return super().run_cell_magic(magic_name, line, cell)

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Errors are reported as data."""

    def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
        """Errors are reported as data."""

    def ask_exit(self) -> None:
        """``exit`` and ``quit`` in a notebook cell end nothing."""


def make_shell() -> CellShell:
    """Create the shell: done once in the template, since it takes 74 ms."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.xmode = "Minimal"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    shell = CellShell.instance(config=config)
    shell.system = shell.system_raw
    shell.db = {}  # `%cd` and `%store` keep their notes in memory
    shell.compile.get_code_name = _code_name  # type: ignore[method-assign]
    return shell


def _code_name(raw_code: str, transformed_code: str, number: int) -> str:
    return f"<cell {abs(hash(raw_code)) % 10**8}>"


def run_cell(shell: CellShell, source: str, seconds: float) -> dict[str, Any]:
    """Run one cell.

    Args:
        shell: from :func:`make_shell`.
        source: the cell's text, magics allowed.
        seconds: CPU time it may use.

    Returns:
        ``status`` (``ok``, ``error``, ``timeout``), ``printed``, and ``error`` where there is one.
    """
    outcome = _run_once(shell, source, seconds)
    if outcome.pop("wants_gpu", False):
        use_cpu_instead()
        outcome = _run_once(shell, source, seconds)
        outcome.pop("wants_gpu", None)
    shell.keep_functions()
    return outcome


def _run_once(shell: CellShell, source: str, seconds: float) -> dict[str, Any]:
    out = BoundedText()
    raised: BaseException | None = None
    with printed_to(out):
        try:
            with cpu_time(seconds):
                result = shell.run_cell(source, store_history=False)
            raised = result.error_before_exec or result.error_in_exec
        except BaseException as error:  # TimeLimit, or what a cell raised past IPython
            raised = error
    if raised is None:
        return {"status": "ok", "printed": out.text()}
    if isinstance(raised, TimeLimit):
        return {"status": "timeout", "printed": out.text(), "error": {"type": "TimeLimit", "message": ""}}
    return {
        "status": "error",
        "printed": out.text(),
        "error": describe_error(raised),
        "wants_gpu": wants_gpu(raised),
    }


# The builtin exceptions by name, as they are before any cell has run.
_ERRORS = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception
}


def describe_error(error: BaseException) -> dict[str, Any]:
    """An exception as short, plain data: type, message, and the line of the student's own code it came from."""
    try:
        message = str(error)
    except Exception:  # an exception class of the student's may fail to print itself
        message = ""
    described: dict[str, Any] = {"type": type(error).__name__[:100], "message": message[:600]}
    bases = [name for name, base in _ERRORS.items() if issubclass(type(error), base)]
    if bases and type(error) not in _ERRORS.values():
        described["bases"] = bases  # a student's own kind of KeyError is one
    if isinstance(error, NameError) and isinstance(error.name, str):
        described["name"] = error.name[:100]
    if isinstance(error, SyntaxError):
        described["line"] = (error.text or "").strip()[:200] if isinstance(error.text, str) else ""
        described["lineno"] = error.lineno if isinstance(error.lineno, int) else None
        return described
    place = _place(error)
    if place:
        described["lineno"], described["line"] = place
    return described


def _place(error: BaseException) -> tuple[int, str] | None:
    import linecache

    found, trace = None, error.__traceback__
    steps = 0
    while trace is not None and steps < 2000:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith("<cell "):
            found = trace.tb_lineno, linecache.getline(name, trace.tb_lineno).strip()[:200]
        trace, steps = trace.tb_next, steps + 1
    return found
