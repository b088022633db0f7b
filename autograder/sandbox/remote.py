"""One submission's process, seen from the marker: run its cells, ask it for calls, hear what it answers."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from .watch import LimitReached, Limits, Watch
from .worker import wire


class WorkerLost(Exception):
    """A worker or a task's fork is gone; ``kind`` is ``timeout``, ``memory``, ``processes``, ``disk`` or ``crashed``."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Worker:
    """One submission's process, seen from the marker. Whatever it answers is data to be judged, never believed.

    Args:
        sock: the marker's end of its socket.
        watch: over its processes.
        limits: what it may use.
        device: ``"cpu"`` or ``"cuda"``.
        end_tasks: ends what the process started and leaves it alive itself; says whether all of it is gone.

    Attributes:
        meanwhile: the marker's own work, a piece at each call, done while an answer is awaited and there are pieces left
            (``True``).
    """

    def __init__(
        self, sock: socket.socket, watch: Watch, limits: Limits, device: str, end_tasks: Callable[[], bool]
    ) -> None:
        self._end_tasks = end_tasks
        self._sock, self._watch, self._limits, self._device = sock, watch, limits, device
        self._in_task = False
        self.meanwhile: Callable[[], bool] = lambda: False

    def run_cells(
        self, cells: list[tuple[str, str]], seconds: float | None = None
    ) -> Iterator[dict[str, Any]]:
        """Run cells in order; yields one answer a cell as it is done.

        Args:
            cells: ``(id, source)`` pairs.
            seconds: CPU seconds a cell.

        Raises:
            WorkerLost: if the process is gone or went past a limit; the cell at fault is the one after the last answer.
        """
        seconds = seconds or self._limits.cell_seconds
        # One request a cell: whatever a cell sends by itself, there are no more answers than cells.
        for _, source in cells:
            self._watch.begin(seconds)
            self._send({"op": "cell", "source": source, "seconds": seconds})
            answer, _ = self._receive()
            yield answer

    def value(self, name: str) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        """A global name of the notebook as data. No task may be open."""
        self._watch.begin(self._limits.call_seconds)
        self._send({"op": "value", "name": name})
        return self._receive()

    def open_task(self) -> bool:
        """Fork for calls, unless there is a fork that serves them. With a GPU there is none: its context survives no fork.

        Returns:
            Whether no call has been made where the next one will be, as far as that can be had.
        """
        if self._device != "cpu":
            return True
        if self._in_task:
            return False
        self._watch.begin(self._limits.call_seconds)
        self._send({"op": "task"})
        answer, _ = self._receive()
        if answer.get("task_open") is not True:
            raise WorkerLost("crashed")
        self._in_task = True
        return True

    def call(
        self, request: dict[str, Any], tensors: dict[str, torch.Tensor]
    ) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        """Ask the open task for one call.

        Raises:
            WorkerLost: if the fork ended or went past a limit; the worker itself lives on where it can, and
                :meth:`open_task` may be asked again.
        """
        seconds = request.get("seconds", self._limits.call_seconds)
        self._watch.begin(seconds)
        try:
            self._send({"op": "call", "device": self._device, **request, "seconds": seconds}, tensors)
            answer, values = self._receive()
        except WorkerLost:
            if self._in_task:
                self._end_fork()
            raise
        if answer.get("task_over") is True:
            self._in_task = False
            raise WorkerLost("crashed")
        return answer, values

    def close_task(self) -> None:
        """End the open task's fork."""
        if not self._in_task:
            return
        self._watch.begin(self._limits.call_seconds)
        self._send({"op": "end"})
        self._in_task = False
        answer, _ = self._receive()
        if answer.get("task_over") is not True:
            raise WorkerLost("crashed")

    def _end_fork(self) -> None:
        """Kill what the worker started and hear from the worker itself that its task is over."""
        self._in_task = False
        if not self._end_tasks():
            raise WorkerLost("crashed")
        self._watch.begin(self._limits.call_seconds)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            answer, _ = self._receive()
            if answer.get("task_over") is True:
                return

    def _send(self, message: dict[str, Any], tensors: dict[str, torch.Tensor] | None = None) -> None:
        try:
            # A worker that does not read must not hold the marker up.
            wire.send(self._sock, message, tensors, self._watch.check, 0.1)
        except LimitReached as reached:
            raise WorkerLost(reached.kind) from None
        except wire.WireError as error:
            raise WorkerLost("crashed") from error

    def _receive(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        clock = wire.Clock(self._watch.check, 0.1)
        try:
            while not _has_come(self._sock) and self.meanwhile():
                clock()
            return wire.receive(self._sock, self._watch.check, 0.1)
        except LimitReached as reached:
            raise WorkerLost(reached.kind) from None
        except wire.WireError as error:
            raise WorkerLost("crashed") from error


def _has_come(sock: socket.socket) -> bool:
    """Whether there is something to read, or nothing to wait for any more."""
    waiting = select.poll()
    waiting.register(sock, select.POLLIN)
    return bool(waiting.poll(0))
