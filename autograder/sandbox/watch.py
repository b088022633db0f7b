"""Watches a submission's processes from outside: time, memory, number, disk. What it ends, it ends for good."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


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
        disk: bytes in the scratch folder.
        file: bytes of one file.
    """

    cell_seconds: float = 60.0
    call_seconds: float = 20.0
    wall_factor: float = 10.0
    idle_seconds: float = 60.0
    memory: int = 3 * 1024**3
    processes: int = 64
    disk: int = 512 * 1024**2
    file: int = 256 * 1024**2


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
    """

    def __init__(self, launcher: int, baseline: frozenset[int], scratch: Path, limits: Limits) -> None:
        self._launcher, self._baseline = psutil.Process(launcher), baseline
        self._scratch, self._limits = scratch, limits
        self._own_rss = max((_rss(pid) for pid in baseline), default=0)
        self._cpu_allowed = limits.cell_seconds
        self._spent: dict[int, float] = {}
        self._started = self._active = time.monotonic()
        self._used_at_begin: float | None = None
        self._last_used = 0.0
        self._last_disk = 0.0

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
        if used - self._last_used > 0.01 or any(_busy(p) for p in processes):
            self._active, self._last_used = now, used
        elif now - self._active > limits.idle_seconds:
            raise LimitReached("timeout")
        if len(processes) > limits.processes:
            raise LimitReached("processes")
        if sum(max(0, _rss(p.pid) - self._own_rss) for p in processes) > limits.memory:
            raise LimitReached("memory")
        if now - self._last_disk > 0.5:
            self._last_disk = now
            if _size(self._scratch, limits.disk) > limits.disk:
                raise LimitReached("disk")

    def processes(self) -> list[psutil.Process]:
        """The submission's live processes: all under the launcher that are not the template's own."""
        try:
            below = self._launcher.children(recursive=True)
        except psutil.Error:
            return []
        return [p for p in below if p.pid not in self._baseline and _alive(p)]

    def kill_below(self, depth: int) -> None:
        """End what the submission started: with ``depth`` 1 all but its first process, with 0 all of it."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            processes = self.processes()
            victims = processes if depth == 0 else [p for p in processes if not self._is_first(p)]
            if not victims:
                return
            for process in victims:
                with suppress(psutil.Error):
                    process.kill()
            time.sleep(0.002)

    def _is_first(self, process: psutil.Process) -> bool:
        # The worker is the template's own child and was there before anything it started.
        try:
            siblings = [p for p in self.processes() if p.ppid() in self._baseline]
            return bool(siblings) and process.pid == min(siblings, key=lambda p: p.create_time()).pid
        except psutil.Error:
            return False

    def _cpu_used(self, processes: list[psutil.Process]) -> float:
        """CPU seconds so far, counting processes that have ended at what they had when last seen."""
        for process in processes:
            with suppress(psutil.Error):
                times = process.cpu_times()
                self._spent[process.pid] = times.user + times.system
        return sum(self._spent.values())


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _busy(process: psutil.Process) -> bool:
    try:
        return process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
    except psutil.Error:
        return False


def _rss(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _size(folder: Path, enough: int) -> int:
    """Bytes under a folder, counted no further than ``enough``; links are not followed."""
    total, waiting = 0, [folder]
    while waiting and total <= enough:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                        total += 4096
                    else:
                        # An empty file takes room too: this bounds the number of entries that are looked at.
                        total += max(4096, entry.stat(follow_symlinks=False).st_blocks * 512)
    return total
