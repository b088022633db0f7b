"""Values cross as plain data, and whatever comes back meets the hidden checks without breaking them."""

from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks import judging
from autograder.checks.draw import Draw
from autograder.lesson_material import checks_of
from autograder.sandbox.worker import values
from autograder.sandbox.worker.values import Strange, decode, encode
from autograder.sandbox.worker.wire import WireError
from tests.corpus.notebooks import lessons


def crossed(value: Any) -> Any:
    """A value as it arrives on the other side."""
    tensors: dict[str, torch.Tensor] = {}
    tree = json.loads(json.dumps(encode(value, tensors), allow_nan=False))
    return decode(tree, tensors)


class Cheat:
    __class__ = property(lambda self: torch.Tensor)  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class Tensor(torch.Tensor):
    pass


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -7,
        2**62,
        0.5,
        -0.0,
        "",
        "é\n\x00",
        [],
        [1, [2.5, None]],
        (1, (2,)),
        {"a": [1], "b": {}},
    ],
    ids=repr,
)
def test_plain_values_stay_what_they_are(value: Any) -> None:
    got = crossed(value)
    assert got == value and type(got) is type(value)


def test_numbers_that_are_not_finite() -> None:
    assert math.isnan(crossed(float("nan"))) and crossed([float("inf"), -float("inf")]) == [
        math.inf,
        -math.inf,
    ]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.float64(0.25), 0.25),
        (np.int16(3), 3),
        (np.bool_(True), True),
        (np.uint8(200), 200),
    ],
    ids=repr,
)
def test_numpy_numbers_become_plain(value: Any, plain: Any) -> None:
    assert crossed(value) == plain and type(crossed(value)) is type(plain)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6.0).reshape(2, 3).T,
        torch.ones(1).expand(4, 5),
        torch.tensor(3),
        torch.zeros(0, 2),
        torch.nn.Parameter(torch.ones(2)),
        torch.ones(2, dtype=torch.bfloat16),
        torch.tensor([True]),
    ],
    ids=lambda t: str(tuple(t.shape)),
)
def test_tensors(tensor: torch.Tensor) -> None:
    got = crossed(tensor)
    assert type(got) is torch.Tensor and got.dtype is tensor.dtype and torch.equal(got, tensor.detach())


@pytest.mark.parametrize("order", ["<f4", ">f4", "<i8", ">i2", "|u1", "|b1", "<f8"])
def test_arrays_of_any_byte_order(order: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(order)
    got = crossed(array[:, ::-1])
    assert isinstance(got, np.ndarray) and np.array_equal(got, array[:, ::-1])


@pytest.mark.parametrize(
    "value",
    [
        Cheat(),
        torch.ones(2).as_subclass(Tensor),
        np.ones(2).view(type("A", (np.ndarray,), {})),
        np.array([Cheat()], dtype=object),
        np.array(["text"]),
        np.array([1j]),
        np.zeros(2, dtype=[("a", "f4")]),
        np.datetime64("2020-01-01"),
        torch.ones(2, dtype=torch.complex64),
        torch.empty(10**9, 10**9, device="meta"),
        torch.sparse_coo_tensor(size=(10**6, 10**6)),
        torch.ones(1).expand(10**12),
        torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8),
        10**40,
        1j,
        b"bytes",
        {1: 2},
        {1, 2},
        object(),
        type,
        len,
        (n for n in range(3)),
        "x" * (values.MAX_TEXT + 1),
        [0] * (values.MAX_NODES + 1),
        {type("S", (str,), {})("s"): 1, 2: 3},
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_is_no_data_is_named_and_nothing_else(value: Any) -> None:
    got = crossed(value)
    assert isinstance(got, Strange) and 0 < len(got.kind) <= 200


class Result(NamedTuple):
    heatmap: list[float]
    index: int


class Level(IntEnum):
    LOW = 3


def raising(base: type) -> type:
    """A subclass each of whose own ways to be read raises."""

    def no(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a student's own method was called")

    names = "__len__ __iter__ __getitem__ __str__ __repr__ __int__ __index__ __float__ __abs__ __lt__ items keys values"
    return type("Own", (base,), {name: no for name in names.split() if hasattr(base, name)})


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Result([0.5], 2), ([0.5], 2)),
        (Level.LOW, 3),
        (type("F", (float,), {})("nan"), math.nan),
        (Counter("aab"), {"a": 2, "b": 1}),
        (torch.zeros(2, 3).shape, (2, 3)),
        (raising(tuple)((1, "a")), (1, "a")),
        (raising(list)([1, None]), [1, None]),
        (raising(dict)({"a": 1}), {"a": 1}),
        (raising(OrderedDict)({"a": 1}), {"a": 1}),
        (raising(str)("text"), "text"),
        (raising(int)(5), 5),
        (raising(float)(0.5), 0.5),
        ({type("S", (str,), {})("key"): 1}, {"key": 1}),
    ],
    ids=range(13),
)
def test_subclasses_of_plain_types_are_what_they_derive_from(value: Any, plain: Any) -> None:
    got = crossed(value)
    assert type(got) is type(plain)
    assert repr(got) == repr(plain)


def test_an_ordered_dict_keeps_its_own_order() -> None:
    ordered = OrderedDict(a=1, b=2, c=3)
    ordered.move_to_end("a")
    assert list(crossed(ordered)) == ["b", "c", "a"]


def test_a_list_in_itself_ends() -> None:
    got = crossed(LOOP)
    while isinstance(got, list):
        got = got[0]
    assert isinstance(got, Strange)


def test_all_tensors_together_are_bounded() -> None:
    many = [torch.zeros(1).expand(values.MAX_BYTES // 8) for _ in range(3)]
    kinds = [type(value) for value in crossed(many)]
    assert kinds == [torch.Tensor, torch.Tensor, Strange]


def test_notes_on_attached_results() -> None:
    notes: set[str] = set()
    encode([torch.ones(1, requires_grad=True) * 2, torch.ones(1, requires_grad=True)], {}, notes)
    assert notes == {"attached"}


@pytest.mark.parametrize(
    "tree",
    [
        None,
        7,
        [],
        {},
        {"kind": "int", "value": True},
        {"kind": "int", "value": "1"},
        {"kind": "int", "value": 2**63},
        {"kind": "int", "value": -(2**63) - 1},
        {"kind": "bool", "value": 1},
        {"kind": "str", "value": 1},
        {"kind": "float", "value": "1.0"},
        {"kind": "float", "value": "nan; import os"},
        {"kind": "float", "value": None},
        {"kind": ["int"], "value": 1},
        {"kind": {}, "value": []},
        {"kind": "tensor", "name": "1"},
        {"kind": "tensor", "name": ["0"]},
        {"kind": "array", "name": "half"},
        {"kind": "list", "items": {"a": 1}},
        {"kind": "list"},
        {"kind": "dict", "items": [["a"]]},
        {"kind": "dict", "items": [[1, {"kind": "none"}]]},
        {"kind": "dict", "items": {"a": {"kind": "none"}}},
        {"kind": "object", "value": 1},
        {"kind": "strange", "value": 1},
    ],
    ids=repr,
)
def test_a_tree_that_encode_cannot_have_made_is_refused(tree: Any) -> None:
    with pytest.raises(WireError):
        decode(tree, {"0": torch.ones(1), "half": torch.ones(1, dtype=torch.bfloat16)})


def test_depth_and_number_of_nodes_are_bounded() -> None:
    deep: Any = {"kind": "none"}
    for _ in range(200):
        deep = {"kind": "list", "items": [deep]}
    wide = {"kind": "list", "items": [{"kind": "none"}] * (values.MAX_NODES + 1)}
    for tree in (deep, wide):
        with pytest.raises(WireError):
            decode(tree, {})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.just("0"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "value", "items", "name", "x"]), inner, max_size=4)
        | st.fixed_dictionaries(
            {
                "kind": st.sampled_from(
                    ["int", "float", "list", "tuple", "dict", "tensor", "array", "str", "strange", "none"]
                )
            },
            optional={"value": inner, "items": inner, "name": inner},
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_json_decodes_or_is_refused(tree: Any) -> None:
    try:
        decode(tree, {"0": torch.ones(2)})
    except WireError:
        pass


ODD = [
    None,
    True,
    0,
    -1,
    2**63 - 1,
    float("nan"),
    float("inf"),
    "text",
    [],
    (),
    {},
    [None],
    [[[]]],
    (None, None),
    ([1], {"a": 1}),
    {"a": torch.ones(2)},
    torch.tensor(1.0),
    torch.zeros(0),
    torch.zeros(2, 0, 3),
    torch.ones(1, 1, 1, 1, 1, 1, 1),
    torch.full((3, 3), float("nan")),
    torch.full((1, 4), float("inf")),
    torch.ones(2, dtype=torch.bool),
    torch.ones(2, dtype=torch.float16) * 60000,
    torch.ones(1, 3, dtype=torch.int8),
    torch.ones(1, 3, dtype=torch.bfloat16),
    np.ones((2, 2)),
    np.array(1),
    np.zeros((0,)),
    np.array([True]),
    (torch.ones(2, 2), 0),
    (torch.ones(2, 2), "0"),
    (torch.ones(0), [0, 1]),
    [torch.ones(2)] * 3,
    (0, 0),
    Strange("of type Cheat"),
    (Strange("x"), [Strange("y")]),
    {"x": Strange("y")},
]


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_no_answer_breaks_a_hidden_check(lesson: Any) -> None:
    checks = checks_of(lesson)
    for task, make in checks.tasks.items():
        for item in make(Draw(b"a secret that the tests alone use", "odd values", task)):
            if item.raises:
                continue
            alike = [torch.zeros_like(v) for v in _tensors(item.expected)] + [
                v[0:0] for v in _tensors(item.expected) if v.ndim
            ]
            for value in [*ODD, *alike]:
                difference = judging._difference(item, value)
                if isinstance(value, torch.Tensor) and not value.numel():
                    assert difference is not None or not _tensors(item.expected), (task, item.name)
                if difference is not None:
                    assert isinstance(difference.message, str) and difference.message


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [tensor for part in parts for tensor in _tensors(part)]
