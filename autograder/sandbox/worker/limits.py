"""Limits that a worker sets on itself before the first byte of a submission runs.

They bound what one process can do. The marker watches from outside as well (time, memory, processes, disk), since
a process can ignore signals and its children have limits of their own.
"""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Iterator
from typing import Any


class TimeLimit(BaseException):
    """Raised inside a student's code when its CPU time is up; a bare ``except Exception`` does not catch it."""


def set_process_limits(limits: dict[str, int]) -> None:
    """Set hard limits for this process and all it starts.

    Args:
        limits: ``memory`` (bytes of data), ``file`` (bytes of one file), ``cpu`` (seconds in all).
    """
    for kind, amount in (
        (resource.RLIMIT_DATA, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 512),
    ):
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            amount = min(amount, hard)
        resource.setrlimit(kind, (amount, amount))
    # A write past the file limit should fail with an error that the student reads, not end the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


@contextlib.contextmanager
def cpu_time(seconds: float) -> Iterator[None]:
    """Raise :class:`TimeLimit` in the block once it has used ``seconds`` of CPU time.

    It keeps firing, so that code which swallows the first one meets it again; code that blocks the signal
    altogether is stopped by the marker.
    """

    def stop(signum: int, frame: Any) -> None:
        raise TimeLimit

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
