"""`guided_backprop`: its items, of those that both rules share."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.checks import oracles
from autograder.checks.draw import Draw
from autograder.checks.items import Item

from .rules import rule_items


def items(draw: Draw) -> Iterator[Item]:
    yield from rule_items(draw, "guided_backprop", oracles.guided_backprop)
