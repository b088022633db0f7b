"""Items are drawn once, in order, and no further ahead than the task after the one that is judged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.checks.ahead import Ahead, TaskItems
from autograder.checks.draw import Draw
from autograder.checks.items import Item, LessonChecks


@pytest.fixture
def log() -> list[str]:
    """The names of the items drawn so far."""
    return []


@pytest.fixture
def ahead(log: list[str]) -> Ahead:
    """Three tasks, a, b and c, of two items each."""

    def items_of(task: str) -> TaskItems:
        def source() -> Iterator[Item]:
            for number in (1, 2):
                log.append(f"{task}{number}")
                yield Item(f"{task}{number}", [])

        return TaskItems(task, 2, source())

    return Ahead("abc", items_of)


def test_nothing_is_drawn_before_it_is_asked_for(ahead: Ahead, log: list[str]) -> None:
    items = iter(ahead.of("a"))
    assert log == []
    assert next(items).name == "a1" and log == ["a1"]


def test_drawing_ahead_goes_as_far_as_the_next_task(ahead: Ahead, log: list[str]) -> None:
    ahead.of("a")
    assert [ahead.draw_one() for _ in range(5)] == [True, True, True, True, False]
    assert log == ["a1", "a2", "b1", "b2"]
    ahead.of("b")
    assert ahead.draw_one() and log[-1] == "c1"


def test_what_was_drawn_ahead_is_not_drawn_again(ahead: Ahead, log: list[str]) -> None:
    items = ahead.of("a")
    while ahead.draw_one():
        pass
    first = list(items)
    assert [item.name for item in first] == ["a1", "a2"]
    assert all(one is other for one, other in zip(first, items, strict=True)), (
        "judged again, on the same items"
    )
    assert [item.name for item in ahead.of("b")] == ["b1", "b2"]
    assert log == ["a1", "a2", "b1", "b2"]


def test_drawing_in_the_middle_of_a_task_keeps_its_order(ahead: Ahead) -> None:
    names = []
    for item in ahead.of("a"):
        names.append(item.name)
        ahead.draw_one()
    assert names == ["a1", "a2"]


def test_a_lost_task_is_passed_over(ahead: Ahead) -> None:
    ahead.of("a")
    ahead.draw_one()
    assert [item.name for item in ahead.of("c")] == ["c1", "c2"]


@pytest.mark.parametrize(("repeat", "calls"), [(True, 2), (False, 1)])
def test_items_of_a_lessons_checks(repeat: bool, calls: int) -> None:
    checks = LessonChecks("test")
    checks.task("f", repeat=repeat)(lambda draw: iter([Item("one", [], expected=draw.integer("n", 0, 10))]))
    items = TaskItems.of(checks, "f", Draw(b"k", "test", "f"))
    assert (items.task, items.repeat) == ("f", calls)
    assert [item.expected for item in items] == [Draw(b"k", "test", "f").integer("n", 0, 10)]
