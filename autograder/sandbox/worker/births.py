"""Holds down how many processes a submission has: each new one waits for the template's leave.

A limit on processes (``RLIMIT_NPROC``) counts all of a user's and does not bind root, and a marker that looks ten times a
second comes too late for a program that does nothing but fork. The filter of :mod:`.syscalls` stops every ``fork`` at
the kernel's door and tells a descriptor; the template, which holds it, answers. See seccomp_unotify(2).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import struct
import time

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_RESPONSE = struct.Struct("=QqiI")
_CONTINUE = 1


class Births:
    """Answers the questions of one submission's processes at a time.

    Args:
        most: live processes that a submission may have; a ``fork`` beyond it fails with ``EAGAIN``.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._descriptor = -1
        self._poll = select.poll()
        # An upper bound: counted anew only where it reaches the limit.
        self._number = 0

    def watch(self, descriptor: int) -> None:
        """Answer for this descriptor from now on."""
        self.forget()
        self._descriptor, self._number = descriptor, len(descendants())
        self._poll.register(descriptor, select.POLLIN)

    def forget(self) -> None:
        """Leave the last one: what is left of it, if anything, cannot start processes any more."""
        if self._descriptor >= 0:
            self._poll.unregister(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def answer_until(self, other: int) -> None:
        """Answer until there is something to read at another descriptor."""
        self._poll.register(other, select.POLLIN)
        try:
            while True:
                for descriptor, event in self._poll.poll():
                    if descriptor == other:
                        return
                    if event & select.POLLIN:
                        self._answer()
                    else:  # the last process that had the filter is gone
                        self.forget()
        finally:
            self._poll.unregister(other)

    def _answer(self) -> None:
        asked = bytearray(_NOTIFICATION.size)
        with contextlib.suppress(OSError):  # a process that ended while it waited
            fcntl.ioctl(self._descriptor, _RECEIVE, asked, True)
            number, *_ = _NOTIFICATION.unpack(asked)
            if self._number >= self._most:
                self._number = len(descendants())
            grant = self._number < self._most
            self._number += grant
            answer = (0, _CONTINUE) if grant else (-errno.EAGAIN, 0)
            fcntl.ioctl(self._descriptor, _SEND, _RESPONSE.pack(number, 0, *answer))


def descendants() -> list[int]:
    """Process ids of all below this process, those that ended and were not waited for among them."""
    found, waiting = [], [os.getpid()]
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{thread}/children", encoding="ascii") as file:
                    children = [int(pid) for pid in file.read().split()]
                found += children
                waiting += children
    return found


def end_all(seconds: float = 10) -> bool:
    """Kill every process below this one, and those that come to it as their parents end.

    No list of processes can be trusted to be whole while they fork: a chain whose every link forks and exits slips
    through between two looks. But whoever loses its parent becomes a child of this process (a subreaper), so it is the
    kernel's word that there are no children left that ends this, not a list.

    Returns:
        Whether nothing is left.
    """
    end = time.monotonic() + seconds
    while not _childless():
        if time.monotonic() > end:
            return False
        _kill(descendants())
        time.sleep(0.001)
    return True


def end_all_below(pid: int, seconds: float = 10) -> bool:
    """Kill every process below this one but a child, which lives on.

    Where births are asked for, nobody answers meanwhile; what had leave before may fork once more. Hence the second look.

    Returns:
        Whether the child was alone in two looks, one right after the other.
    """
    end, alone = time.monotonic() + seconds, 0
    while alone < 2:
        if time.monotonic() > end:
            return False
        others = [other for other in descendants() if other != pid and _lives(other)]
        alone = 0 if others else alone + 1
        if others:
            _kill(others)
            time.sleep(0.001)
    return True


def _childless() -> bool:
    """Bury the children that have ended; whether there is none left, dead or alive."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    """Whether any thread of a process runs on; the first one may have ended before the others."""
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/stat", "rb") as file:
                if file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X"):
                    return True
    return False
