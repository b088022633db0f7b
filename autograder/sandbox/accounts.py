"""What processes use, read from ``/proc`` and from the file system as they are, never as the processes report it."""

from __future__ import annotations

import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# A path this long cannot be opened further down, so a folder this deep hides what is in it.
_LONGEST_PATH = 3_000
_UNSEEN = 1 << 62
# What one socket or pipe holds at most, with the kernel's own overhead, and how many of each are not charged.
_SOCKET_BUFFER, _PIPE_BUFFER, _FREE_BUFFERS = 256 * 1024, 64 * 1024, 64


def threads(pid: int) -> int:
    """Number of live threads of a process; 0 where it is gone."""
    with suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/task"))
    return 0


def has_lost_its_leader(pid: int) -> bool:
    """Whether a process's first thread has ended while others run on."""
    with suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        state = file.read().rpartition(b")")[2].split()[0]
        return state == b"Z" and threads(pid) > 1
    return False


def memory(pids: list[int], enough: int) -> int:
    """Bytes of memory that processes have to themselves, those that they share among them counted once.

    Args:
        pids: the processes.
        enough: up to this, the quick upper bound (their resident sizes) is answer enough.
    """
    quick = sum(_resident(pid) for pid in pids)
    return quick if quick <= enough else sum(_proportional(pid) for pid in pids)


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError, ValueError), open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def anonymous(pid: int) -> int:
    """Bytes of a process's memory that no file stands behind."""
    return _status(pid, "RssAnon:")


def _status(pid: int, field: str) -> int:
    """A field of a process's status that is an amount of memory, in bytes."""
    with suppress(OSError, ValueError), open(f"/proc/{pid}/status", "rb") as file:
        for line in file:
            if line.startswith(field.encode()):
                return int(line.split()[1]) * 1024
    return 0


def _proportional(pid: int) -> int:
    # Pages shared with the template are divided among those that share them; mapped program files are not counted.
    total = 0
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith((b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:")):
                    total += int(line.split()[1]) * 1024
    except PermissionError:
        return _resident(pid)
    except (OSError, ValueError):  # it has ended in between
        return 0
    return total


def written(pid: int) -> int:
    """Bytes that a process and the children it has waited for have written so far."""
    counts = {}
    with suppress(OSError, ValueError), open(f"/proc/{pid}/io", "rb") as file:
        for line in file:
            name, _, value = line.partition(b":")
            counts[name] = int(value)
    # What is written through a mapped file shows in the second alone.
    return max(counts.get(b"wchar", 0), counts.get(b"write_bytes", 0))


def size_of_deleted(pids: list[int]) -> int:
    """Bytes of files that processes hold open and that have no name any more."""
    sizes: dict[tuple[int, int], int] = {}
    for pid in pids:
        for found in _descriptors(pid):
            if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(sizes.values())


def kernel_memory(pids: list[int]) -> int:
    """Bytes that the kernel may hold for processes beside their own memory: page tables, and what waits in buffers.

    What a socket or a pipe holds is no process's memory, and ten processes that fill all the sockets they may have come
    to a gigabyte. How full one is cannot be read, so each beyond the first few is charged with what it can take (the
    filter of :mod:`.worker.syscalls` keeps it from taking more); honest work has few.
    """
    sockets, pipes, tables = set(), set(), 0
    for pid in pids:
        tables += _status(pid, "VmPTE:")
        for found in _descriptors(pid):
            if stat.S_ISSOCK(found.st_mode):
                sockets.add(found.st_ino)
            elif stat.S_ISFIFO(found.st_mode):
                pipes.add(found.st_ino)
    return (
        tables
        + max(0, len(sockets) - _FREE_BUFFERS) * _SOCKET_BUFFER
        + max(0, len(pipes) - _FREE_BUFFERS) * _PIPE_BUFFER
    )


def _descriptors(pid: int) -> Iterator[os.stat_result]:
    with suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                yield os.stat(f"/proc/{pid}/fd/{number}")


def size_of(folder: Path, enough: int) -> int:
    """Bytes under a folder, counted little further than ``enough``; links are not followed.

    A folder that cannot be looked into counts as more than enough: what is in it cannot be known.
    """
    total, waiting = 0, [str(folder)]
    while waiting and total <= enough:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    total += _entry_size(entry, waiting)
                    if total > enough:
                        break
        except FileNotFoundError:
            continue
        except OSError:
            return _UNSEEN
    return total


def _entry_size(entry: os.DirEntry[str], waiting: list[str]) -> int:
    with suppress(OSError):
        if entry.is_dir(follow_symlinks=False):
            waiting.append(entry.path)
            return _UNSEEN if len(entry.path) > _LONGEST_PATH else 4096
        # An empty file takes room too: this bounds the number of entries that are looked at.
        return max(4096, entry.stat(follow_symlinks=False).st_blocks * 512)
    return 4096


def remove(folder: Path) -> None:
    """Remove a folder that a submission wrote into, whatever depth and modes it left. No process of its may be left."""
    if not os.path.isdir(folder):
        return
    with suppress(OSError):
        os.chmod(folder, 0o700)
    while True:
        # Folders are lifted to the top before they are looked into: no recursion, and no path that is too long.
        inner = [entry for entry in _entries(folder) if entry.is_dir(follow_symlinks=False)]
        if not inner:
            break
        for entry in inner:
            with suppress(OSError):
                os.chmod(entry.path, 0o700)
            for below in _entries(entry.path):
                if below.is_dir(follow_symlinks=False):
                    with suppress(OSError):
                        os.chmod(below.path, 0o700)
                        os.rename(below.path, folder / uuid.uuid4().hex)
                else:
                    with suppress(OSError):
                        os.unlink(below.path)
            try:
                os.rmdir(entry.path)
            except OSError:
                return  # something still writes here; the template's own folder is removed when it closes
    shutil.rmtree(folder, ignore_errors=True)


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
