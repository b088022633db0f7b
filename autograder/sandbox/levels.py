"""Which confinement this machine offers, and how a template is started under each.

- ``full``: each submission's process is confined before its first byte runs, by sandlock's Landlock rules and a
  system-call filter. sandlock's supervisor is not used: under it every open, stat and mmap asked another process,
  0.4 to 0.8 ms each, and a template took 15 to 27 s to start instead of 6.
- ``bubblewrap``: namespaces as the outer wall, with the same confinement inside where Landlock is there.
- ``limits``: limits on time, memory, processes and disk alone. Never chosen by itself: asked for by name.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import sandlock

from .worker import syscalls

LEVELS = ("full", "bubblewrap", "limits")
# Landlock ABI 6 (Linux 6.12) confines files, TCP, signals and abstract sockets.
FULL_ABI = 6
# Where a fork fails. The marker ends a submission that stays above its own, lower limit.
PROCESSES = 128

_SYSTEM = (
    "/lib",
    "/lib64",
    "/bin",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/fonts",
    "/usr/share/zoneinfo",
    "/usr/share/locale",
    "/usr/share/mime",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/fonts",
    "/etc/mime.types",
    "/etc/alternatives",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
    "/dev/random",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/sys/devices/system/cpu",
)
_INSTRUMENT_PACKAGES = ("captum",)


class SandboxUnavailable(Exception):
    """This machine cannot confine a submission as asked; the message says why and what to do."""


@dataclass(frozen=True)
class Level:
    """A confinement and what it does not give, for the verdict and for ``autograder doctor``."""

    name: str
    detail: str


def choose(wanted: str | None = None) -> Level:
    """The confinement to mark under.

    Args:
        wanted: a name of :data:`LEVELS`; ``None`` takes ``full``, else ``bubblewrap``, and never ``limits``.

    Raises:
        SandboxUnavailable: if the machine does not offer it.
    """
    if wanted is None:
        for name in ("full", "bubblewrap"):
            problem = problem_with(name)
            if problem is None:
                return Level(name, _DETAILS[name])
        raise SandboxUnavailable(
            f"No sandbox here: {problem_with('full')}. Mark on Linux 6.12 or newer, install bubblewrap, or accept "
            "limits alone with --sandbox limits (a submission can then read your files)."
        )
    if wanted not in LEVELS:
        raise SandboxUnavailable(f"There is no sandbox {wanted!r}. Choose one of: {', '.join(LEVELS)}.")
    problem = problem_with(wanted)
    if problem:
        raise SandboxUnavailable(f"The sandbox {wanted!r} is not available here: {problem}.")
    return Level(wanted, _DETAILS[wanted])


_DETAILS = {
    "full": "files, network, signals, processes, memory and time are confined",
    "bubblewrap": "files, network, processes and time are confined by namespaces",
    "limits": "time, memory, processes and disk are limited; files and network are NOT confined",
}


@lru_cache(maxsize=8)
def problem_with(name: str) -> str | None:
    """Why a confinement cannot be had on this machine, or ``None`` if it can."""
    if name == "limits":
        return None
    if sys.platform != "linux":
        return f"it needs Linux, this is {sys.platform}"
    if name == "full":
        if syscalls.program() is None:
            return f"there is no system-call filter for {platform.machine()} machines"
        try:
            abi = sandlock.landlock_abi_version()
        except Exception as error:
            return f"Landlock is off ({error})"
        return (
            None
            if abi >= FULL_ABI
            else f"Landlock here is version {abi}, version {FULL_ABI} is needed (Linux 6.12)"
        )
    program = shutil.which("bwrap")
    if program is None:
        return "the program bwrap is not installed"
    trial = subprocess.run(
        [program, "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, text=True
    )
    return (
        None if trial.returncode == 0 else f"bwrap fails: {trial.stderr.strip().splitlines()[-1:] or ['?']}"
    )


def landlock_here() -> bool:
    """Whether a fork can confine itself once more."""
    return problem_with("full") is None


@dataclass(frozen=True)
class Reach:
    """What a template and its forks may reach.

    Args:
        course_utils: folder of the package that students import.
        data: folder of the course's pictures.
        weights: cache of pretrained weights.
        scratch: the one writable folder.
        instruments: whether Captum and ``course_utils.instruments`` may be read.
    """

    course_utils: Path
    data: Path
    weights: Path
    scratch: Path
    instruments: bool

    def readable(self) -> list[str]:
        """The paths that may be read, each listed: the environment, the course's own, the system's."""
        own = Path(__file__).parent / "worker"
        places = {sys.prefix, sys.base_prefix, str(self.course_utils), str(self.data), str(self.weights)}
        return [path for path in (*_SYSTEM, str(own), *sorted(places)) if os.path.exists(path)]

    def for_a_template(self) -> list[str]:
        """What a template, and with it every fork, may read: the same, without what is denied.

        A directory whose entries are listed one by one cannot itself be listed any more; Python's import system has
        its listing cached from before.
        """
        denied = {Path(path) for path in self.denied()}
        return [found for path in self.readable() for found in _without(Path(path), denied)]

    def denied(self) -> list[str]:
        """Paths under the readable ones that may not be read.

        The checks, should someone have installed the autograder beside torch; and the instruments that a lesson has its
        students build.
        """
        packages = Path(sysconfig.get_path("purelib"))
        hidden = [packages / "autograder"]
        if not self.instruments:
            hidden += [packages / name for name in _INSTRUMENT_PACKAGES]
            # Compiled, they lie in __pycache__. All of it, since a file that comes later would lie there as well.
            hidden += [self.course_utils / "instruments.py", self.course_utils / "__pycache__"]
        return [str(path) for path in hidden if path.exists()]


def _without(place: Path, denied: set[Path]) -> list[str]:
    """``place`` as it is, or its entries one by one where something below it is denied."""
    if place.is_symlink():  # `lib64` beside `lib`: what it leads to is listed where it lies
        target = place.resolve()
        if target in denied or any(target in path.parents for path in denied):
            return []
    if place in denied:
        return []
    if not any(place in path.parents for path in denied):
        return [str(place)]
    return [path for entry in sorted(place.iterdir()) for path in _without(entry, denied)]


def launch(
    level: Level, reach: Reach, control: int, settings: dict, environment: dict[str, str]
) -> subprocess.Popen:
    """Start a template.

    Args:
        level: from :func:`choose`.
        reach: what it may reach.
        control: the descriptor of its end of the control socket; becomes descriptor 0.
        settings: for the template, see ``worker/template.py``.
        environment: its whole environment.
    """
    template = [
        sys.executable,
        "-I",
        "-B",
        str(Path(__file__).parent / "worker" / "__main__.py"),
        json.dumps(settings),
    ]
    command = template
    if level.name == "bubblewrap":
        command = [*_bubblewrap(reach), *template]
    log = (reach.scratch / "template.log").open("wb")
    with log:
        return subprocess.Popen(
            command,
            stdin=control,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=reach.scratch,
            start_new_session=True,
        )


def _bubblewrap(reach: Reach) -> list[str]:
    arguments = [
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    for path in reach.readable():
        if not path.startswith(("/proc", "/dev")):
            arguments += ["--ro-bind", path, path]
    for path in reach.denied():
        arguments += ["--tmpfs", path] if os.path.isdir(path) else ["--ro-bind", "/dev/null", path]
    return [*arguments, "--bind", str(reach.scratch), str(reach.scratch), "--chdir", str(reach.scratch)]
