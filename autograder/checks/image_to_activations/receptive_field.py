"""`receptive_field`: counted back from the last layer, and the sizes that known mistakes give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import course_utils  # noqa: F401
from autograder.checks.draw import Draw
from autograder.checks.items import Item
from course_utils.comparison import Misconception


def items(draw: Draw) -> Iterator[Item]:
    for name, depth in (
        ("a stack of five layers", 5),
        ("a stack of seven layers", 7),
        ("three layers", 3),
        ("a stack of four layers", 4),
    ):
        layers = _clear_stack(draw, name, depth)
        yield Item(
            name,
            [layers],
            expected=field(layers),
            misconceptions=field_mistakes(layers),
            next_step="Walk from the input: a layer adds (k-1) steps of the distance so far; then its stride "
            "multiplies that distance.",
        )
    for name, layers in (
        ("ResNet-18 up to its last layer", [(7, 2), (3, 2)] + [(3, 1)] * 4 + ([(3, 2)] + [(3, 1)] * 3) * 3),
        ("a stride larger than its kernel", [(1, 2), (3, 1), (1, 3), (2, 1)]),
    ):
        yield Item(name, [layers], expected=field(layers), misconceptions=field_mistakes(layers))
    yield Item("a single layer", [[(5, 3)]], expected=5, misconceptions=field_mistakes([(5, 3)]), edge=True)
    yield Item(
        "no layer at all",
        [[]],
        expected=1,
        edge=True,
        next_step="Without a layer, one value is one pixel: 1.",
    )


def _clear_stack(draw: Draw, name: str, depth: int) -> list[tuple[int, int]]:
    """A drawn stack on which every listed mistake gives a number of its own, drawn again until one does."""
    for attempt in range(500):
        kernels = draw.integers(f"{name} kernels {attempt}", 2, 8, depth).tolist()
        strides = draw.integers(f"{name} strides {attempt}", 1, 4, depth).tolist()
        layers = list(zip(kernels, strides, strict=True))
        answers = [field(layers), *(value(layers) for _, _, value in MISTAKEN_FIELDS)]
        if len(set(answers)) == len(answers):
            return layers
    raise AssertionError(f"no clear stack of {depth} layers was found")


def _walk(layers: list[tuple[int, int]], first: int = 1, early: bool = False, add: int = -1) -> int:
    size, step = first, 1
    for kernel, stride in layers:
        step *= stride if early else 1
        size += (kernel + add) * step
        step *= 1 if early else stride
    return size


MISTAKEN_FIELDS: list[tuple[str, str, Callable[[list[tuple[int, int]]], int]]] = [
    (
        "strides_ignored",
        "This counts the kernels alone. A stride makes every later step wider.",
        lambda s: 1 + sum(k - 1 for k, _ in s),
    ),
    (
        "stride_too_early",
        "A layer's own stride widens the steps of later layers, not its own.",
        lambda s: _walk(s, early=True),
    ),
    (
        "wrong_order",
        "The layers were taken from the output to the input. The list runs from input to output.",
        lambda s: _walk(s[::-1]),
    ),
    (
        "starts_at_zero",
        "One too few: before the first layer, a unit sees one pixel.",
        lambda s: _walk(s, first=0),
    ),
    ("kernel_not_reduced", "A layer adds k-1 steps, not k: its windows overlap.", lambda s: _walk(s, add=0)),
    ("sum_of_kernels", "This is the sum of the kernels.", lambda s: sum(k for k, _ in s)),
    (
        "only_the_last_stride",
        "Strides multiply: keep the product of all strides so far.",
        lambda s: 1 + sum((k - 1) * p for (k, _), p in zip(s, [1] + [t for _, t in s[:-1]], strict=True)),
    ),
    (
        "strides_added",
        "The strides were added. They multiply: after two strides of 2, neighbours lie 4 pixels apart.",
        lambda s: 1 + sum((k - 1) * max(1, sum(t for _, t in s[:i])) for i, (k, _) in enumerate(s)),
    ),
    (
        "product_of_strides",
        "This is the product of the strides: the distance between neighbours, not how far one sees.",
        lambda s: _product(t for _, t in s),
    ),
    ("last_layer_missing", "The last layer is missing.", lambda s: _walk(s[:-1])),
    ("first_layer_missing", "The first layer is missing.", lambda s: _walk(s[1:])),
]


def _product(numbers: Any) -> int:
    out = 1
    for number in numbers:
        out *= number
    return out


def field_mistakes(layers: list[tuple[int, int]]) -> list[Misconception]:
    """Mistakes of ``receptive_field``, less those that give the right answer on this stack."""
    found = [(name, text, value(layers)) for name, text, value in MISTAKEN_FIELDS]
    return [Misconception(name, text, value) for name, text, value in found if value != field(layers)]


def field(layers: list[tuple[int, int]]) -> int:
    """Counted from the output back: n units of a layer need (n-1)·stride + kernel units of its input.

    The other direction than the lesson's (Araujo et al. 2019, equations 1 and 2).
    """
    units = 1
    for kernel, stride in reversed(layers):
        units = (units - 1) * stride + kernel
    return units
