"""Payloads that speak for themselves on the worker's own socket."""

from __future__ import annotations

from . import Attack, in_a_cell, in_the_function

_SOCKET = (
    "import json, os, socket, struct, sys, threading, time\n"
    "def wires():\n"
    "    for number in range(3, 400):\n"
    "        try:\n"
    "            yield socket.socket(fileno=os.dup(number))\n"
    "        except OSError:\n"
    "            pass\n"
    "def raw(data):\n"
    "    for wire in wires():\n"
    "        try:\n"
    "            wire.sendall(data)\n"
    "        except OSError:\n"
    "            pass\n"
    "def frame(message, blob=b''):\n"
    "    text = message if isinstance(message, bytes) else json.dumps(message).encode()\n"
    "    raw(struct.pack('>IQ', len(text), len(blob)) + text + blob)\n"
)
_GOOD = "{'status': 'ok', 'values': [{'kind': 'float', 'value': 1.0}] * 2, 'changes': [], 'after': []}"


def _sends(name: str, code: str) -> Attack:
    return in_a_cell(name, _SOCKET + code + "\n")


def _tensors(name: str, header: str, data: str = "b''") -> Attack:
    """A frame whose tensors are bad, in place of each answer of the function."""
    return in_the_function(
        name,
        _SOCKET + f"def @TASK@(*args, **kwargs):\n"
        f"    text = {header}\n"
        f"    text = text if isinstance(text, bytes) else json.dumps(text).encode()\n"
        f"    frame({{'status': 'ok', 'values': [{{'kind': 'tensor', 'name': 'a'}}] * 2, 'changes': [], 'after': []}},\n"
        f"          struct.pack('<Q', len(text)) + text + {data})\n"
        f"    os._exit(0)\n",
    )


ATTACKS = [
    _sends(
        "forged_done", "for _ in range(40):\n    frame({'done': True}); frame({'task_over': True, 'exit': 0})"
    ),
    _sends(
        "forged_answers_ahead", f"for _ in range(60):\n    frame({{'task_open': True}})\n    frame({_GOOD})"
    ),
    _sends(
        "forged_answers_for_ever",
        "def flood():\n"
        "    end = time.time() + 40\n"
        "    while time.time() < end:\n"
        f"        frame({_GOOD})\n"
        "threading.Thread(target=flood, daemon=True).start()",
    ),
    _sends(
        "cells_for_ever",
        "end = time.time() + 20\nwhile time.time() < end:\n    frame({'status': 'ok', 'printed': ''})",
    ),
    _sends("huge_length", "raw(struct.pack('>IQ', 2**32 - 1, 2**64 - 1))"),
    _sends("huge_blob_length", "raw(struct.pack('>IQ', 2, 2**28) + b'{}')"),
    _sends("deep_json", "frame(b'[' * 900000 + b']' * 900000)"),
    _sends("deep_object", "frame(b'{\"a\":' * 60000 + b'1' + b'}' * 60000)"),
    _sends("nested_in_status", "frame({'status': [[[{}]]], 'error': [1], 'printed': {'a': 1}})"),
    _sends("constants", 'frame(b\'{"status": NaN, "values": [Infinity, -Infinity]}\')'),
    _sends("huge_numbers", "frame(b'{\"status\": ' + b'9' * 4000 + b'}'); frame(b'{\"status\": 1e999}')"),
    _sends("broken_text", 'frame(b\'{"status": "\\xff\\xfe"}\'); frame(b\'{"printed": "\\\\ud800"}\')'),
    _sends(
        "half_characters",
        'frame(b\'{"status": "error", "printed": "\\\\ud800", "error": {"type": "\\\\udfff", "message": "\\\\ud800"}}\')',
    ),
    _sends("no_object", "frame(b'[1, 2, 3]')"),
    _sends("noise", "raw(os.urandom(65536))"),
    _sends("half_a_message", "raw(struct.pack('>IQ', 100, 0) + b'{')\nos._exit(0)"),
    _sends(
        "trickle",
        "raw(struct.pack('>IQ', 2000000, 0))\n"
        "end = time.time() + 25\n"
        "while time.time() < end:\n"
        "    raw(b' ')\n"
        "    time.sleep(0.2)",
    ),
    _sends("closes_everything", "os.closerange(0, 512)"),
    _sends(
        "closes_everything_but_answers_ok", "frame({'status': 'ok', 'printed': ''})\nos.closerange(0, 512)"
    ),
    in_the_function(
        "answers_for_others",
        _SOCKET + "def @TASK@(*args, **kwargs):\n"
        f"    for _ in range(30):\n        frame({_GOOD})\n"
        "    frame({'task_over': True, 'exit': 0})\n"
        "    frame({'task_open': True})\n"
        "    return 1.0\n",
    ),
    in_the_function(
        "frame_of_a_huge_float",
        _SOCKET + "def @TASK@(*args, **kwargs):\n"
        '    frame(b\'{"status": "ok", "values": [{"kind": "float", "value": 1\' + b\'0\' * 3000 + b\'}]}\')\n'
        "    os._exit(0)\n",
    ),
    in_the_function(
        "frame_of_wrong_kinds",
        _SOCKET + "def @TASK@(*args, **kwargs):\n"
        "    frame({'status': 'ok', 'values': [{'kind': {}, 'value': []}, {'kind': 'tensor', 'name': {}}, 7], 'changes': {'a': 1},\n"
        "           'after': 'x', 'error': 3})\n"
        "    os._exit(0)\n",
    ),
    _tensors(
        "tensor_beyond_its_data", "{'a': {'dtype': 'F32', 'shape': [10**6], 'data_offsets': [0, 4 * 10**6]}}"
    ),
    _tensors(
        "tensor_of_negative_size", "{'a': {'dtype': 'F32', 'shape': [-1], 'data_offsets': [0, 4]}}", "b'1234'"
    ),
    _tensors(
        "tensor_of_overflowing_size",
        "{'a': {'dtype': 'F32', 'shape': [2**62, 2**62], 'data_offsets': [0, 0]}}",
    ),
    _tensors(
        "tensor_of_huge_empty_shape", "{'a': {'dtype': 'F32', 'shape': [2**62, 0], 'data_offsets': [0, 0]}}"
    ),
    _tensors(
        "tensor_of_a_thousand_axes",
        "{'a': {'dtype': 'F32', 'shape': [1] * 1000, 'data_offsets': [0, 4]}}",
        "b'1234'",
    ),
    _tensors(
        "tensors_that_overlap",
        "{n: {'dtype': 'F32', 'shape': [1], 'data_offsets': [0, 4]} for n in 'ab'}",
        "b'1234'",
    ),
    _tensors(
        "tensor_of_an_unknown_type",
        "{'a': {'dtype': 'C64', 'shape': [1], 'data_offsets': [0, 8]}}",
        "b'12345678'",
    ),
    _tensors(
        "thousands_of_tensors",
        "{str(n): {'dtype': 'F32', 'shape': [0], 'data_offsets': [0, 0]} for n in range(40000)}",
    ),
    _tensors("header_that_is_no_json", "b'{' * 1000"),
    _tensors("header_longer_than_all", "b''", "b'' if 0 else struct.pack('<Q', 2**63)"),
]
