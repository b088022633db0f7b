"""Gathers a process's memory into huge pages, so that forking it copies hundreds of page-table entries and not 70,000.

Measured on the template, 270 MB of private memory: a fork 20 ms without and 8 ms with it, its end 30 ms and 13 ms. Where
the kernel does not do it (before Linux 6.1, or switched off) forks are slower and nothing else changes.
"""

from __future__ import annotations

import ctypes

_MADV_COLLAPSE = 25
_HUGE = 2 * 1024**2


def collapse(libc: ctypes.CDLL) -> None:
    """Ask the kernel to gather this process's private memory, see madvise(2), MADV_COLLAPSE."""
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for begin, end in _private_memory():
        place = -(-begin // _HUGE) * _HUGE
        while place + _HUGE <= end:
            libc.madvise(place, _HUGE, _MADV_COLLAPSE)  # a refusal is no matter
            place += _HUGE


def _private_memory() -> list[tuple[int, int]]:
    found = []
    try:
        with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
            for line in maps:
                fields = line.split()  # place, rights, offset, device, inode, and a name or none
                if fields[1].startswith("rw") and fields[5:] in ([], ["[heap]"]):
                    begin, end = (int(part, 16) for part in fields[0].split("-"))
                    found.append((begin, end))
    except OSError:
        return []
    return found
