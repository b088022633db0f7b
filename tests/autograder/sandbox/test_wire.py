"""The wire format takes what it made itself and nothing else."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox.worker import wire

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


def give_up_after(ticks: int):
    left = [ticks]

    def tick() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise InterruptedError("gave up")

    return tick


def receive_raw(pair: Pair, data: bytes) -> tuple[dict, dict]:
    """What the marker makes of bytes that are there all at once."""
    left, right = pair
    writer = threading.Thread(target=left.sendall, args=(data,), daemon=True)
    writer.start()
    return wire.receive(right, give_up_after(20), 0.05)


def framed(message: bytes, blob: bytes = b"") -> bytes:
    return struct.pack(">IQ", len(message), len(blob)) + message + blob


def tensors_of(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize("dtype", sorted(wire.ALLOWED_DTYPES, key=str))
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_there_and_back(pair: Pair, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    sent = torch.arange(24).reshape(2, 3, 4).expand(2, 3, 4).to(dtype)
    sent = sent.flatten()[: torch.Size(shape).numel()].reshape(shape)
    wire.send(pair[0], {"a": [1, 2.5, None, True, "é\n"]}, {"x": sent})
    message, tensors = wire.receive(pair[1])
    assert message == {"a": [1, 2.5, None, True, "é\n"]}
    assert (
        tensors["x"].dtype is dtype and tensors["x"].shape == sent.shape and torch.equal(tensors["x"], sent)
    )


def test_not_contiguous(pair: Pair) -> None:
    wire.send(pair[0], {}, {"x": torch.arange(6).reshape(2, 3).T})
    assert wire.receive(pair[1])[1]["x"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_large_message_passes_while_the_other_side_reads(pair: Pair) -> None:
    sent = torch.randn(2_000_000)
    writer = threading.Thread(target=wire.send, args=(pair[0], {"n": 1}, {"x": sent}))
    writer.start()
    assert torch.equal(wire.receive(pair[1], lambda: None, 0.05)[1]["x"], sent)
    writer.join()


def test_a_reader_that_never_reads_holds_nobody_up(pair: Pair) -> None:
    with pytest.raises(InterruptedError):
        wire.send(pair[0], {}, {"x": torch.zeros(2_000_000)}, give_up_after(3), 0.01)


def test_a_writer_that_never_writes_holds_nobody_up(pair: Pair) -> None:
    with pytest.raises(InterruptedError):
        wire.receive(pair[1], give_up_after(3), 0.01)


def test_a_trickle_holds_nobody_up(pair: Pair) -> None:
    left, right = pair
    stop = threading.Event()

    def trickle() -> None:
        left.sendall(struct.pack(">IQ", 1000, 0))
        while not stop.wait(0.005):
            left.sendall(b" ")

    writer = threading.Thread(target=trickle)
    writer.start()
    try:
        with pytest.raises(InterruptedError):
            wire.receive(right, give_up_after(3), 0.02)
    finally:
        stop.set()
        writer.join()


def test_a_closed_connection(pair: Pair) -> None:
    pair[0].sendall(struct.pack(">IQ", 10, 0) + b"{")
    pair[0].close()
    with pytest.raises(wire.WireClosed):
        wire.receive(pair[1])


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">IQ", wire.MAX_JSON + 1, 0),
        struct.pack(">IQ", 2, wire.MAX_BLOB + 1) + b"{}",
        struct.pack(">IQ", 2**32 - 1, 2**64 - 1),
        framed(b""),
        framed(b"nonsense"),
        framed(b"[1]"),
        framed(b"1"),
        framed(b'"text"'),
        framed(b"null"),
        framed(b'{"a": NaN}'),
        framed(b'{"a": -Infinity}'),
        framed(b'{"a": 1e999}'),
        framed(b'{"a": ' + b"9" * 100 + b"}"),
        framed(b'{"a": ' + b"9" * 5000 + b"}"),
        framed(b'{"a": "\xff"}'),
        framed(b'{"a": "\xed\xa0\x80"}'),  # half a surrogate pair, as bytes
        framed('{"a": 1}'.encode("utf-16")),
        framed(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        framed(b'{"a": ' + b"[" * 80 + b"]" * 80 + b"}"),
        framed(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        framed(b"{}", b"x"),
        framed(b"{}", b"x" * 100),
        framed(b"{}", struct.pack("<Q", 2**63) + b"{}"),
        framed(b"{}", struct.pack("<Q", wire.MAX_HEADER + 1) + b" " * 100),
        framed(b"{}", struct.pack("<Q", 10) + b"{"),
        framed(b"{}", tensors_of([1, 2])),
        framed(b"{}", tensors_of({"a": 1})),
        framed(b"{}", tensors_of({"a": {"dtype": "F32", "shape": [10], "data_offsets": [0, 40]}})),
        framed(b"{}", tensors_of({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"1234")),
        framed(b"{}", tensors_of({"a": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 0]}})),
        framed(b"{}", tensors_of({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, b"1234")),
        framed(b"{}", tensors_of({"a": {"dtype": "F33", "shape": [1], "data_offsets": [0, 4]}}, b"1234")),
        framed(b"{}", tensors_of({"a": {"dtype": "C64", "shape": [1], "data_offsets": [0, 8]}}, b"12345678")),
        framed(
            b"{}",
            tensors_of({n: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for n in "ab"}, b"1234"),
        ),
    ],
)
def test_what_breaks_the_format_is_refused(pair: Pair, data: bytes) -> None:
    with pytest.raises(wire.WireError):
        receive_raw(pair, data)


def test_half_a_character_becomes_one_that_can_be_written(pair: Pair) -> None:
    message, _ = receive_raw(pair, framed(b'{"\\ud800": ["\\udfff", "\\ud83d\\ude00"]}'))
    assert message == {"?": ["?", "😀"]}
    json.dumps(message, ensure_ascii=False).encode()


def test_too_large_a_message_is_not_sent(pair: Pair) -> None:
    with pytest.raises(wire.WireError):
        wire.send(pair[0], {"a": "x" * wire.MAX_JSON})
    with pytest.raises(wire.WireError):
        wire.send(pair[0], {}, {"x": torch.zeros(wire.MAX_BLOB // 4 + 1)})


def test_the_markers_own_requests_may_hold_a_pasted_picture(pair: Pair) -> None:
    source = "x" * (2 * wire.MAX_JSON)
    writer = threading.Thread(target=wire.send, args=(pair[0], {"source": source}, None, lambda: None))
    writer.start()
    assert wire.receive(pair[1])[0] == {"source": source}
    writer.join()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_noise_is_an_error_and_never_another(text: bytes, blob: bytes) -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(framed(text, blob))
        left.shutdown(socket.SHUT_WR)
        try:
            message, tensors = wire.receive(right, give_up_after(20), 0.05)
        except wire.WireError:
            return
        assert isinstance(message, dict) and isinstance(tensors, dict)
