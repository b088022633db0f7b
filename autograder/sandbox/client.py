"""The marker's side of the boundary: start a template, take workers from it, end them with all they started."""

from __future__ import annotations

import array
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import psutil
import torch

import course_utils
from course_utils.files import data_dir

from . import accounts, levels
from .remote import Worker
from .watch import Limits, Watch, end_template

TEMPLATE_START_SECONDS = 180
# A little over what the template gives itself.
END_SECONDS = 15


class TemplateFailed(Exception):
    """The template did not start; the message ends with the tail of its log."""


class Template:
    """A warm process from which each submission gets a fork. One live worker at a time.

    Args:
        level: the confinement, from :func:`levels.choose`.
        instruments: whether Captum and ``course_utils.instruments`` may be imported.
        device: ``"cpu"`` or ``"cuda"``.
        limits: what a submission may use.
    """

    def __init__(
        self,
        level: levels.Level,
        *,
        instruments: bool = False,
        device: str = "cpu",
        limits: Limits | None = None,
    ) -> None:
        self.level, self.device, self.limits = level, device, limits or Limits()
        self._scratch = Path(tempfile.mkdtemp(prefix="course-marking-"))
        package = Path(course_utils.__file__).resolve().parent
        weights = Path(torch.hub.get_dir()) / "checkpoints"
        self._reach = levels.Reach(package, data_dir(), weights, self._scratch, instruments)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._baseline: frozenset[int] = frozenset()
        self._template_data = 0

    def __enter__(self) -> Template:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the template and wait until it is warm.

        Raises:
            TemplateFailed: if it does not get there.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {
            "course_utils": str(self._reach.course_utils),
            "hidden": [str(self._reach.course_utils.parent)],
            "landlock": self.level.name != "limits" and levels.landlock_here(),
            "readable": self._reach.for_a_template(),
            "fork_readable": self._reach.readable(),
            "scratch": str(self._scratch),
            "filter": self.level.name != "limits",
            "processes": levels.PROCESSES,
        }
        _share_font_list(self._scratch)
        with theirs:
            self._process = levels.launch(
                self.level, self._reach, theirs.fileno(), settings, self._environment()
            )
        self._control = ours
        ours.settimeout(TEMPLATE_START_SECONDS)
        try:
            ready = ours.recv(16)
        except OSError:
            ready = b""
        if ready != b"ready":
            tail = (self._scratch / "template.log").read_text(errors="replace").strip().splitlines()[-3:]
            self.close()
            raise TemplateFailed(
                f"The sandboxed worker did not start: {' / '.join(tail) or 'it printed nothing'}"
            )
        ours.settimeout(None)
        root = psutil.Process(self._process.pid)
        below = root.children(recursive=True)
        self._baseline = frozenset({root.pid, *(p.pid for p in below)})
        self._template_data = max(_data_size(p.pid) for p in (root, *below))

    def _environment(self) -> dict[str, str]:
        """A clean environment: what the marker's own holds is none of a submission's business."""
        home = str(self._scratch)
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": home,
            "TMPDIR": home,
            "MPLCONFIGDIR": home,
            "IPYTHONDIR": home,
            "TORCH_HOME": torch.hub.get_dir().removesuffix("/hub"),
            "COURSE_OFFLINE": "1",
            "LANG": "C.UTF-8",
            "USER": "student",
            # No compiler is to be had here: `torch.compile` gives back what it was given.
            "TORCHDYNAMO_DISABLE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "PIP_NO_INDEX": "1",
            "PIP_RETRIES": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "MPLBACKEND": "agg",
        }
        if self.device == "cpu":
            environment["CUDA_VISIBLE_DEVICES"] = ""
        return environment

    @contextmanager
    def worker(self, deadline: float | None = None) -> Iterator[Worker]:
        """A fork of the template, confined to a folder of its own; gone with all it started when the block ends.

        Args:
            deadline: when on :func:`time.monotonic`'s clock the submission's time is over.
        """
        if self._process is None or self._process.poll() is not None or self._control is None:
            self._start_anew()
        ours, scratch, watch = self._fork(deadline)
        if not watch.meet():  # the template ended just now, or something is there beside the fork
            ours.close()
            self._start_anew()
            ours, scratch, watch = self._fork(deadline)
            if not watch.meet():
                ours.close()
                self.close()
                raise TemplateFailed("The sandboxed worker started, but none of its forks did.")
        try:
            yield Worker(ours, watch, self.limits, self.device, lambda: self._end("tasks"))
        finally:
            # The socket stays open until all is over: that it hangs up would be the sign to run for it.
            gone = self._end("worker")
            ours.close()
            if gone:
                accounts.remove(scratch)
            else:  # what cannot be ended must not be there beside the next submission
                self.close()

    def _end(self, what: str) -> bool:
        """Have the template end its forks, which cannot start others meanwhile; whether what was to end has ended.

        Args:
            what: ``worker`` for all of them, ``tasks`` for all but the worker.
        """
        if self._control is None:
            return False
        self._control.settimeout(END_SECONDS)
        try:
            self._control.send(json.dumps({"end": what}).encode())
            gone = self._control.recv(16) == b"gone"
        except OSError:  # it is gone itself, or does not answer
            gone = False
        if not gone:  # nor may an answer that comes too late be taken for that to a later question
            self.close()
            return False
        self._control.settimeout(None)
        return True

    def _start_anew(self) -> None:
        self.close()
        self._scratch = Path(tempfile.mkdtemp(prefix="course-marking-"))
        self._reach = replace(self._reach, scratch=self._scratch)
        self.start()

    def _fork(self, deadline: float | None) -> tuple[socket.socket, Path, Watch]:
        """Ask the template for a fork; returns the marker's end of its socket, its folder and a watch over it."""
        scratch = Path(tempfile.mkdtemp(dir=self._scratch, prefix="worker-"))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        assert self._control is not None and self._process is not None
        with theirs, suppress(OSError):  # a template that is gone shows when nobody comes
            # The limit on a process's data counts what it shares with the template, so that comes on top.
            limits = {
                "memory": self.limits.memory + self._template_data,
                "file": self.limits.file,
                "cpu": 3600,
            }
            request = json.dumps({"scratch": str(scratch), "limits": limits}).encode()
            passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))]
            self._control.sendmsg([request], passed)
        return ours, scratch, Watch(self._process.pid, self._baseline, scratch, self.limits, deadline)

    def log(self) -> str:
        """What the template and its forks printed, for a person who looks for a fault."""
        return (self._scratch / "template.log").read_text(errors="replace")

    def close(self) -> None:
        """End the template and all below it, and remove its folder."""
        control, self._control = self._control, None
        if self._process is not None:
            end_template(self._process.pid, self._baseline)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)
            self._process = None
        # Not earlier: a template that hears nobody ends by itself, in the middle of this.
        if control is not None:
            control.close()
        accounts.remove(self._scratch)


def _data_size(pid: int) -> int:
    """Bytes of a process's data as the kernel counts them against ``RLIMIT_DATA``."""
    with suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0


def _share_font_list(folder: Path) -> None:
    """Copy matplotlib's list of fonts to the template, which would otherwise search the machine at every start."""
    import matplotlib.font_manager  # writes the list where there is none yet

    for cached in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copyfile(cached, folder / cached.name)
