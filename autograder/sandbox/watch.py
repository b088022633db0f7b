"""Watches a submission's processes from outside: time, memory, number, disk. What it ends, it ends for good."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from . import accounts

# How much a submission may write in all, as a multiple of what may lie on the disk at once: it may delete what it wrote.
_REWRITES = 8


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Args:
        cell_seconds: CPU seconds a cell.
        call_seconds: CPU seconds a call of a student's function.
        wall_factor: wall time allowed for each CPU second, so that a busy machine punishes nobody.
        idle_seconds: seconds in which nothing runs or waits for the disk, as in ``time.sleep(10**9)``.
        memory: bytes beyond what the template has, over all processes.
        processes: live processes.
        threads: live threads of all processes together; a machine allows a user so many of both.
        disk: bytes in the scratch folder.
        file: bytes of one file.
        submission_seconds: wall time of the whole submission, so that many slow cells are no way to hold a class up.
    """

    cell_seconds: float = 60.0
    call_seconds: float = 20.0
    wall_factor: float = 10.0
    idle_seconds: float = 60.0
    memory: int = 3 * 1024**3
    processes: int = 64
    threads: int = 256
    disk: int = 512 * 1024**2
    file: int = 256 * 1024**2
    submission_seconds: float = 1800.0


class LimitReached(Exception):
    """A limit was reached: ``kind`` is ``timeout``, ``memory``, ``processes`` or ``disk``."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Watch:
    """The processes that a submission has under a template, and what they have used since :meth:`begin`.

    Args:
        launcher: pid of the template's outermost process.
        baseline: pids that belong to the template itself.
        scratch: the submission's folder.
        limits: what it may use.
        deadline: when on :func:`time.monotonic`'s clock the submission's time is over; ``None`` for never.
    """

    def __init__(
        self,
        launcher: int,
        baseline: frozenset[int],
        scratch: Path,
        limits: Limits,
        deadline: float | None = None,
    ) -> None:
        self._launcher, self._baseline = psutil.Process(launcher), baseline
        self._scratch, self._limits = scratch, limits
        self._deadline = deadline
        # A fork's share of what it has from the template is not the submission's.
        self._memory = limits.memory + max((accounts.anonymous(pid) for pid in baseline), default=0)
        self._written: dict[int, int] = {}
        self._cpu_allowed = limits.cell_seconds
        self._spent: dict[int, float] = {}
        self._started = self._active = time.monotonic()
        self._used_at_begin: float | None = None
        self._last_used = 0.0
        self._last_disk = 0.0
        self._kernel_memory = 0

    def meet(self) -> bool:
        """Wait for the worker, the one process that is there before any of the submission's code has run.

        Returns:
            Whether it came, and alone; ``False`` where it ended before it was seen, or where what is there besides it
            would be counted as the submission's.
        """
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            there = self.processes()
            if there:
                return len(there) == 1
            if not _alive(self._launcher):
                break
            time.sleep(0.002)
        return False

    def begin(self, cpu_seconds: float) -> None:
        """Start the clock of one cell or call."""
        self._cpu_allowed = cpu_seconds
        self._started = self._active = time.monotonic()
        # Read at the first check, a tenth of a second on: most calls end before it, and reading takes milliseconds.
        self._used_at_begin = None

    def check(self) -> None:
        """Raise :class:`LimitReached` where a limit is passed; called every fraction of a second while waiting."""
        now, limits = time.monotonic(), self._limits
        processes = self.processes()
        used = self._cpu_used(processes)
        if self._used_at_begin is None:
            self._used_at_begin = self._last_used = used
        # A little over what the worker allows itself, so that the gentle stop inside comes first.
        if used - self._used_at_begin > self._cpu_allowed * 1.1 + 2:
            raise LimitReached("timeout")
        if now - self._started > (self._cpu_allowed + 1) * limits.wall_factor:
            raise LimitReached("timeout")
        if self._deadline is not None and now > self._deadline:
            raise LimitReached("timeout")
        if used - self._last_used > 0.01 or any(_busy(p) for p in processes):
            self._active, self._last_used = now, used
        elif now - self._active > limits.idle_seconds:
            raise LimitReached("timeout")
        if len(processes) > limits.processes or self._threads(processes) > limits.threads:
            raise LimitReached("processes")
        if any(accounts.has_lost_its_leader(p.pid) for p in processes):
            # A process whose first thread has ended hides its memory and files from /proc. Nothing honest does that.
            raise LimitReached("processes")
        pids = [p.pid for p in processes]
        slow = now - self._last_disk > 0.5
        if slow:
            self._kernel_memory = accounts.kernel_memory(pids)
        allowed = self._memory - self._kernel_memory
        if accounts.memory(pids, allowed) > allowed:
            raise LimitReached("memory")
        if slow:
            self._last_disk = now
            self._check_disk(pids)

    @staticmethod
    def _threads(processes: list[psutil.Process]) -> int:
        return sum(accounts.threads(process.pid) for process in processes)

    def _check_disk(self, pids: list[int]) -> None:
        limit = self._limits.disk
        for pid in pids:
            self._written[pid] = max(self._written.get(pid, 0), accounts.written(pid))
        if sum(self._written.values()) > _REWRITES * limit:
            raise LimitReached("disk")
        if accounts.size_of(self._scratch, limit) + accounts.size_of_deleted(pids) > limit:
            raise LimitReached("disk")

    def processes(self) -> list[psutil.Process]:
        """The submission's live processes: all under the launcher that are not the template's own."""
        return _below(self._launcher, self._baseline)

    def _cpu_used(self, processes: list[psutil.Process]) -> float:
        """CPU seconds so far, counting processes that have ended at what they had when last seen."""
        for process in processes:
            with suppress(psutil.Error):
                times = process.cpu_times()
                self._spent[process.pid] = times.user + times.system
        return sum(self._spent.values())


def end_template(launcher: int, baseline: frozenset[int], seconds: float = 10) -> bool:
    """End a template that cannot be asked to end its forks, and them first: without it they would be nobody's.

    Args:
        launcher: pid of the template's outermost process.
        baseline: pids that belong to the template itself.
        seconds: for its forks; what cannot be ended until then is left.

    Returns:
        Whether its forks were gone in two looks, one right after the other: a template that is stopped gives no leave to
        fork any more, but what had it before may fork once.
    """
    try:
        root = psutil.Process(launcher)
    except psutil.Error:
        return False
    # A number from the baseline that is not below it any more may be another's by now.
    own = {launcher, *(process.pid for process in _below(root, frozenset()) if process.pid in baseline)}
    _signal(own, signal.SIGSTOP)
    deadline, alone = time.monotonic() + seconds, 0
    while alone < 2 and time.monotonic() < deadline:
        left = _below(root, frozenset(own))
        alone = 0 if left else alone + 1
        if left:
            _signal({process.pid for process in left}, signal.SIGKILL)
            time.sleep(0.002)
    _signal(own, signal.SIGKILL)
    return alone == 2


def _signal(pids: set[int], number: int) -> None:
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, number)


def _below(launcher: psutil.Process, baseline: frozenset[int]) -> list[psutil.Process]:
    try:
        below = launcher.children(recursive=True)
    except psutil.Error:
        return []
    return [p for p in below if p.pid not in baseline and _alive(p)]


def _alive(process: psutil.Process) -> bool:
    try:
        # A process whose first thread has ended is called a zombie while its other threads run on.
        return process.status() != psutil.STATUS_ZOMBIE or accounts.threads(process.pid) > 1
    except psutil.Error:
        return False


def _busy(process: psutil.Process) -> bool:
    try:
        return process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
    except psutil.Error:
        return False
