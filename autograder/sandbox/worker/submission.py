"""Serves one submission in a fork of the template: runs its cells, then answers calls in a fork of what they left."""

from __future__ import annotations

import os
import signal
import socket
from typing import Any

import matplotlib.pyplot as plt

from . import wire
from .calls import perform
from .shell import CellShell, run_cell
from .values import encode


def serve(sock: socket.socket, shell: CellShell) -> None:
    """Answer requests until the marker closes the connection.

    Requests: ``cell`` (run it), ``value`` (a global name as data), ``task`` (open a task:
    a fork that answers ``call`` until ``end``), ``bye``.
    """
    while True:
        try:
            request, tensors = wire.receive(sock)
        except wire.WireClosed:
            return
        operation = request["op"]
        if operation == "cell":
            outcome = run_cell(shell, request["source"], request["seconds"])
            plt.close("all")
            wire.send(sock, outcome)
        elif operation == "value":
            _send_value(sock, shell, request["name"])
        elif operation == "task":
            _open_task(sock, shell, request)
        elif operation == "call":  # with a GPU there is no fork: its context does not survive one
            _answer_call(sock, shell, request, tensors)
        elif operation == "bye":
            return


def _send_value(sock: socket.socket, shell: CellShell, name: str) -> None:
    tensors: dict[str, Any] = {}
    if name not in shell.user_ns:
        wire.send(sock, {"status": "missing"})
        return
    wire.send(sock, {"status": "ok", "value": encode(shell.user_ns[name], tensors)}, tensors)


def _open_task(sock: socket.socket, shell: CellShell, request: dict[str, Any]) -> None:
    """Fork; the child answers on the same socket while this process waits, so a crash costs this task alone."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            _serve_task(sock, shell)
            code = 0
        finally:
            os._exit(code)
    status = _wait_for(child)
    ended = {"task_over": True, "exit": os.waitstatus_to_exitcode(status) if status is not None else None}
    wire.send(sock, ended)


def _serve_task(sock: socket.socket, shell: CellShell) -> None:
    wire.send(sock, {"task_open": True})
    while True:
        request, tensors = wire.receive(sock)
        if request["op"] == "end":
            return
        _answer_call(sock, shell, request, tensors)


def _answer_call(
    sock: socket.socket, shell: CellShell, request: dict[str, Any], tensors: dict[str, Any]
) -> None:
    answer, values = perform(shell.user_ns, request, tensors, shell.earlier)
    plt.close("all")
    wire.send(sock, answer, values)


def _wait_for(child: int) -> int | None:
    # A student may have set SIGCHLD to be ignored, which makes the child vanish without a status.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    while True:
        try:
            return os.waitpid(child, 0)[1]
        except ChildProcessError:
            return None
        except InterruptedError:
            continue
