"""Starts a template inside sandlock and stays as its supervisor. Trusted; a process of its own for each template.

Run as ``python -I launcher.py POLICY COMMAND…`` with the template's control socket as descriptor 0, which the
template inherits. It imports sandlock alone, so that it starts at once and holds nothing worth reading.
"""

import json
import os
import sys

from sandlock import Sandbox

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
    process = sandbox.popen(sys.argv[2:])
    return process.wait().exit_code


if __name__ == "__main__":
    sys.exit(main())
