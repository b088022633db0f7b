"""The wire format: one JSON object and one safetensors blob a message, nothing that can run.

Both sides use this module. The receiving side trusts nothing: lengths are bounded before memory is taken, JSON is
bounded in size (and, by Python's parser, in depth), and tensors come as :mod:`safetensors`, which executes nothing.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

_HEADER = struct.Struct(">IQ")
MAX_JSON = 2 * 1024 * 1024
MAX_REQUEST = 64 * 1024 * 1024
MAX_BLOB = 72 * 1024 * 1024
MAX_HEADER = 4 * 1024 * 1024
MAX_DEPTH = 64
ALLOWED_DTYPES = frozenset(
    {
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.uint8,
        torch.bool,
    }
)


class WireError(Exception):
    """A message that breaks the format, or a connection that ended."""


class WireClosed(WireError):
    """The other side closed the connection."""


def send(
    sock: socket.socket,
    message: dict[str, Any],
    tensors: dict[str, torch.Tensor] | None = None,
    tick: Callable[[], None] | None = None,
    every: float = 0.05,
) -> None:
    """Send one message.

    Args:
        sock: a connected stream socket.
        message: JSON-ready object, no NaN.
        tensors: name to CPU tensor of any shape; made contiguous here.
        tick: called while the other side does not read, about every ``every`` seconds; it may raise to give up.
        every: seconds between ticks.

    Raises:
        WireError: if the message is over the size limits or the other side is gone.
    """
    text = json.dumps(message, allow_nan=False, ensure_ascii=True).encode()
    blob = save_tensors({name: t.contiguous() for name, t in tensors.items()}) if tensors else b""
    # The marker's own requests hold whole cells, pasted pictures and all; answers are bounded more closely.
    if len(text) > (MAX_REQUEST if tick else MAX_JSON) or len(blob) > MAX_BLOB:
        raise WireError("message over the size limit")
    sock.settimeout(every if tick else None)
    clock = Clock(tick, every)
    for part in (_HEADER.pack(len(text), len(blob)) + text, blob):
        _send_all(sock, memoryview(part), clock)


def _send_all(sock: socket.socket, part: memoryview, clock: Clock) -> None:
    sent = 0
    while sent < len(part):
        try:
            sent += sock.send(part[sent:])
        except TimeoutError:
            pass
        except OSError as error:
            raise WireClosed(str(error)) from error
        clock()


def receive(
    sock: socket.socket, tick: Callable[[], None] | None = None, every: float = 0.05
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Receive one message.

    Args:
        sock: a connected stream socket.
        tick: called while waiting, about every ``every`` seconds also under a trickle of bytes; it may raise to give
            up. The marker has one; a worker, which trusts the marker, waits for ever and takes longer messages.
        every: seconds between ticks.

    Raises:
        WireClosed: if the connection ended.
        WireError: if the message breaks the format.
    """
    sock.settimeout(every if tick else None)
    clock = Clock(tick, every)
    text_length, blob_length = _HEADER.unpack(_exactly(sock, _HEADER.size, clock))
    if text_length > (MAX_JSON if tick else MAX_REQUEST) or blob_length > MAX_BLOB:
        raise WireError("message over the size limit")
    text = _exactly(sock, text_length, clock)
    blob = _exactly(sock, blob_length, clock) if blob_length else bytearray()
    return _parse(bytes(text)), _parse_tensors(blob)


class Clock:
    """Calls ``tick`` at most every ``every`` seconds, whether bytes arrive or not."""

    def __init__(self, tick: Callable[[], None] | None, every: float) -> None:
        self._tick, self._every, self._last = tick, every, time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if self._tick is not None and now - self._last >= self._every:
            self._last = now
            self._tick()


def _exactly(sock: socket.socket, count: int, clock: Clock) -> bytearray:
    # Filled in place: appending 25 MB piece by piece took seconds.
    buffer = bytearray(count)
    view, got = memoryview(buffer), 0
    while got < count:
        try:
            received = sock.recv_into(view[got:], count - got)
        except TimeoutError:
            clock()
            continue
        except OSError as error:
            raise WireClosed(str(error)) from error
        if received == 0:
            raise WireClosed("connection closed")
        got += received
        clock()
    return buffer


def _parse(text: bytes) -> dict[str, Any]:
    try:
        # Decoded here, since json's own decoding lets half a surrogate pair through.
        message = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}"[:200]) from None
    if not isinstance(message, dict):
        raise WireError("a message is a JSON object")
    return _tame(message, 0)


def _tame(value: Any, depth: int) -> Any:
    """The same JSON, no deeper than anything needs, its numbers within 64 bits, its text such that a file can hold it."""
    if depth > MAX_DEPTH:
        raise WireError("JSON nested too deep")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_tame(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_tame(key, depth): _tame(item, depth + 1) for key, item in value.items()}
    if type(value) is int and not -(2**63) <= value < 2**64:
        raise WireError("an integer over 64 bits")
    if type(value) is float and not math.isfinite(value):
        raise WireError("a number that is not finite")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _parse_tensors(blob: bytearray) -> dict[str, torch.Tensor]:
    if not blob:
        return {}
    if len(blob) < 8 or int.from_bytes(blob[:8], "little") > MAX_HEADER:
        raise WireError("not safetensors: no header of a size that is accepted")
    try:
        tensors = load_tensors(bytes(blob))
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise WireError(f"not safetensors: {error}"[:200]) from None
    for name, tensor in tensors.items():
        if tensor.dtype not in ALLOWED_DTYPES:
            raise WireError(f"tensor {name[:40]!r} has a type that is not accepted")
    return tensors
