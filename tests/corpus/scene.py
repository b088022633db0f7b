"""The scene that hostile notebooks are played in: things to harm, things to find, listeners that should hear nothing."""

from __future__ import annotations

import os
import site
import socket
import subprocess
import tempfile
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from autograder.course import Lesson, this_course

_PROBE = "course-probe"
_IPC_KEY = str(0x5EE5)


@dataclass
class Scene:
    """Stand-ins beside the sandbox; :meth:`harm` says what has happened to them.

    Args:
        folder: a folder outside every submission's own; holds a gradebook and a file that must not be read.
    """

    folder: Path
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    _open: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gradebook, self.planted = self.folder / "gradebook.db", self.folder / "planted.txt"
        self.gradebook.write_bytes(b"marks of all")
        self.planted.write_text(f"the answers {self.token}")
        self.gradebook.chmod(0o640)
        os.utime(self.gradebook, (10**9, 10**9))
        # Short, since the path of a socket is.
        self.socket_folder = Path(tempfile.mkdtemp(prefix="cs-"))
        self.unix = self.socket_folder / "s"
        self.listeners = [
            self._listen(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            self._listen(socket.AF_UNIX, socket.SOCK_STREAM, str(self.unix)),
            self._listen(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.token}"),
        ]
        self.port = self.listeners[0].getsockname()[1]
        self.receivers = [
            self._listen(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", self.port)),
            self._listen(socket.AF_UNIX, socket.SOCK_DGRAM, f"{self.unix}.datagram"),
            self._listen(socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{self.token}.datagram"),
        ]
        self.sleeper = subprocess.Popen(["sleep", "3600"], start_new_session=True)
        self._before = self._state()

    def _listen(self, family: int, kind: int, address: Any) -> socket.socket:
        listener = socket.socket(family, kind)
        listener.bind(address)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listener.setblocking(False)
        self._open.append(listener)
        return listener

    def close(self) -> None:
        for listener in self._open:
            listener.close()
        self.sleeper.kill()
        self.sleeper.wait()
        for path in self.socket_folder.iterdir():
            path.unlink()
        self.socket_folder.rmdir()

    def fill_in(self, text: str, lesson: Lesson) -> str:
        """A payload's text with the facts of this scene in place."""
        facts = {
            "ROOT": this_course().root,
            "LESSON": lesson.name,
            "OUTSIDE": self.folder,
            "GRADEBOOK": self.gradebook,
            "PLANTED": self.planted,
            "PORT": self.port,
            "UNIX": self.unix,
            "ABSTRACT": self.token,
            "TOKEN": self.token,
            "MARKER": os.getpid(),
            "SLEEPER": self.sleeper.pid,
        }
        for name, value in facts.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def settle(self) -> None:
        """Take things as they are now for as they should be: what a person at this machine changed is no harm."""
        self._before = self._state()

    def harm(self) -> list[str]:
        """What is not as it was, in words; empty where nobody came and nothing happened."""
        found = [
            f"{name} has changed" for name, value in self._state().items() if value != self._before.get(name)
        ]
        found += [f"{name} is gone" for name in self._before.keys() - self._state().keys()]
        return found + self._heard() + _probes() + _left_in_the_kernel()

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for path in (self.folder, *self.folder.rglob("*")):
            info = path.lstat()
            content = path.read_bytes() if path.is_file() else sorted(p.name for p in path.iterdir())
            attributes = os.listxattr(path) if hasattr(os, "listxattr") else []
            state[str(path)] = (info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns, attributes, content)
        for name, pid in (("the sleeper", self.sleeper.pid), ("the marker", os.getpid())):
            process = psutil.Process(pid)
            limits = (psutil.RLIMIT_FSIZE, psutil.RLIMIT_NOFILE, psutil.RLIMIT_CPU, psutil.RLIMIT_DATA)
            state[f"limits of {name}"] = [process.rlimit(kind) for kind in limits]
            state[f"priority of {name}"] = (process.nice(), process.ionice(), os.sched_getscheduler(pid))
            state[f"processors of {name}"] = process.cpu_affinity()
            state[f"life of {name}"] = process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_STOPPED)
        return state

    def _heard(self) -> list[str]:
        heard = []
        for listener in self.listeners:
            with suppress(BlockingIOError):
                connection, _ = listener.accept()
                connection.close()
                heard.append(f"someone called {listener.getsockname()!r}")
        for receiver in self.receivers:
            with suppress(BlockingIOError):
                receiver.recv(100)
                heard.append(f"someone wrote to {receiver.getsockname()!r}")
        return heard


def _probes() -> list[str]:
    root = this_course().root
    places = ["/tmp", "/var/tmp", "/dev/shm", str(Path.home()), "/home", str(root), str(root / "grading")]
    places += [*site.getsitepackages(), os.path.dirname(os.__file__), tempfile.gettempdir()]
    found = [place for place in places if os.path.lexists(f"{place}/{_PROBE}")]
    for place in found:  # so that one failure is not reported by every later test
        with suppress(OSError):
            os.unlink(f"{place}/{_PROBE}")
    return [f"something was written to {place}" for place in found]


def _left_in_the_kernel() -> list[str]:
    found = []
    for kind in ("shm", "msg", "sem"):
        with suppress(OSError):
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            found += [f"a System V {kind} was left" for line in lines if line.split()[0] == _IPC_KEY]
    return found


def descendants(folder: Path, baseline: frozenset[int]) -> list[psutil.Process]:
    """Live processes that came from a template whose folder this is, wherever in the tree they are now."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid in baseline:
                continue
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
            if str(folder).encode() in environment and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
