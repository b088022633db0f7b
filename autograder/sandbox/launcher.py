"""Starts a template inside sandlock and stays as its supervisor. Trusted; a process of its own for each template.

Run as ``python -I launcher.py POLICY COMMAND…`` with the template's control socket as descriptor 0, which the
template inherits. It imports sandlock alone, so that it starts at once and holds nothing worth reading.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
import time

from sandlock import Sandbox

_PR_SET_CHILD_SUBREAPER = 36
# Landlock cannot confine changes of mode, owner, times or attributes: refused for every path. Names that this
# machine's architecture lacks are left out by `supported`.
REFUSED = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("chown", "fchown", "lchown", "fchownat"),
    *("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"),
    *("utime", "utimes", "futimesat", "utimensat"),
)


def supported(names: tuple[str, ...]) -> list[str]:
    """The system calls among ``names`` that this build of sandlock knows."""
    known = []
    for name in names:
        try:
            Sandbox(extra_deny_syscalls=[name])._ensure_native()
        except Exception:
            continue
        known.append(name)
    return known


def end_children(seconds: float = 10) -> None:
    """Kill every child of this process, and those that come to it as their parents end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            threads = os.listdir("/proc/self/task")
            children = [
                pid for thread in threads for pid in _read(f"/proc/self/task/{thread}/children").split()
            ]
        except OSError:
            return
        if not children:
            return
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(int(child), os.WNOHANG)
        time.sleep(0.01)


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()


def main() -> int:
    policy = json.loads(sys.argv[1])
    sandbox = Sandbox(
        fs_readable=[path for path in policy["readable"] if os.path.exists(path)],
        fs_writable=policy["writable"],
        extra_deny_syscalls=supported(REFUSED),
        max_memory=policy["memory"],
        max_processes=policy["processes"],
        no_coredump=True,
    )
    # Where the marker is killed in the middle of a submission, what that had started comes to this process.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    process = sandbox.popen(sys.argv[2:])
    code = process.wait().exit_code
    end_children()
    return code


if __name__ == "__main__":
    sys.exit(main())
