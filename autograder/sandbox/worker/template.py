"""The template: everything a notebook needs, imported once; each submission is a fork of it.

It never holds a check, a solution, an expected value or a secret: whatever it holds, its forks can find.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import importlib
import importlib.metadata
import os
import pkgutil
import signal
import socket
import sys
import traceback
from typing import Any

from . import births, huge_pages, limits, stand_ins, syscalls
from .shell import CellShell, make_shell
from .submission import serve

_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_PDEATHSIG = 1
# /proc is out of sight in a fork; nothing here ever opens as many.
_MANY_DESCRIPTORS = 4096


def run(control: socket.socket, settings: dict[str, Any]) -> None:
    """Prepare, say so, then fork a worker for each request until the control socket closes.

    Args:
        control: ``SOCK_SEQPACKET``; each request is JSON with one file descriptor, the worker's own socket.
        settings: ``landlock`` (bool: confine by files), ``scratch`` (the folder above all forks' own), ``readable``
            (paths that this process and its forks may read from now on), ``fork_readable`` (folders above these: what
            a fork may read besides its own scratch folder), ``filter`` (bool: refuse system calls, see
            :mod:`.syscalls`), ``processes`` (how many a fork may have).
            A request for a worker names ``scratch`` and ``limits`` (see :func:`.limits.set_process_limits`). A
            request to ``end`` what is there has no descriptor: ``tasks`` is all but the worker, ``worker`` all of it;
            the answer is ``gone`` or ``left``.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    # Daemons that a submission forks twice become children of this process, where the marker finds and ends them.
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    shell = _prepare(settings)
    huge_pages.collapse(libc)
    if settings["landlock"]:
        # Long lists are dear: the 400 paths of an environment are handed over once, here, and a fork's own
        # confinement has a short list. Rules of both hold. /proc is for `births`, and not on a fork's list.
        _confine([*settings["readable"], "/proc"], settings["scratch"])
    cap = births.Births(settings["processes"])
    worker = 0
    control.send(b"ready")
    while True:
        cap.answer_until(control.fileno())
        request, descriptor = _next_request(control)
        if request is None:  # the marker is gone, perhaps killed in the middle of a submission
            births.end_all()
            return
        if "end" in request:
            # Nobody answers for births until this is done: what is to be ended cannot fork away from it.
            if request["end"] == "tasks":
                gone = births.end_all_below(worker)
            else:
                gone = births.end_all()
                cap.forget()
            control.send(b"gone" if gone else b"left")
            continue
        if not births.end_all():  # no submission starts beside what is left of another
            return
        ours, theirs = socket.socketpair()
        worker = os.fork()
        if worker == 0:
            code = 70
            try:
                ours.close()
                _become_worker(control, descriptor, theirs, request, settings, shell, libc)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(descriptor)
        theirs.close()
        with ours:
            _, descriptors, _, _ = socket.recv_fds(ours, 16, 1)
        if descriptors:
            cap.watch(descriptors[0])


def _prepare(settings: dict[str, Any]) -> CellShell:
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    import numpy  # noqa: F401
    import PIL.Image
    import torchvision  # noqa: F401

    plt.figure().add_subplot().plot([0, 1])  # fonts are looked up here, once
    plt.close("all")
    PIL.Image.init()
    stand_ins.install_colab()
    stand_ins.swallow_refused_modes()
    stand_ins.fit_one_process()

    import course_utils

    importlib.metadata.version(
        "torch"
    )  # caches the listing of the packages' folder, see `Reach.for_a_template`
    _import_all(course_utils)
    shell = make_shell()
    shell.run_cell("import torch, numpy, matplotlib.pyplot", store_history=False)
    shell.reset()
    # What is here now is shared by all forks: the collector must not touch its pages.
    gc.collect()
    gc.freeze()
    return shell


def _import_all(package: Any) -> None:
    """Import what notebooks import of the course's own package, once; the instruments are some lessons' task to build."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith(".instruments"):
            with contextlib.suppress(Exception):  # a notebook that imports it meets the error itself
                importlib.import_module(found.name)


def _next_request(control: socket.socket) -> tuple[dict[str, Any] | None, int]:
    import json

    while True:
        try:
            text, ancillary, _, _ = control.recvmsg(64 * 1024, socket.CMSG_SPACE(4))
        except InterruptedError:
            continue
        if not text:
            return None, -1
        descriptors = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[:4])
        return json.loads(text), descriptors[0] if descriptors else -1


def _become_worker(
    control: socket.socket,
    descriptor: int,
    template: socket.socket,
    request: dict[str, Any],
    settings: dict[str, Any],
    shell: CellShell,
    libc: ctypes.CDLL,
) -> None:
    """Give up everything but one socket and one folder, then serve."""
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.setsid()
    control.close()
    sock = socket.socket(fileno=descriptor)
    scratch = request["scratch"]
    os.chdir(scratch)
    sys.path.insert(0, "")  # as in a notebook: a module that `%%writefile` wrote can be imported
    _at_home_in(scratch)
    if settings["landlock"]:
        _confine(settings["fork_readable"], scratch)
    limits.set_process_limits(request["limits"])
    if settings["filter"]:
        syscalls.drop_privileges(libc)
        listener = syscalls.refuse(libc)
        if listener is not None:
            socket.send_fds(template, [b"births"], [listener])
    template.close()
    _only_this_descriptor(descriptor)
    serve(sock, shell)


def _only_this_descriptor(keep: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, _MANY_DESCRIPTORS)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - reads as empty: input() raises EOFError


def _at_home_in(scratch: str) -> None:
    for name in ("HOME", "TMPDIR", "IPYTHONDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        os.environ[name] = scratch
    import tempfile

    tempfile.tempdir = scratch


def _confine(readable: list[str], scratch: str) -> None:
    from sandlock import Sandbox, confine

    there = [path for path in readable if os.path.exists(path)]
    confine(Sandbox(fs_readable=there, fs_writable=[scratch, os.devnull]))
