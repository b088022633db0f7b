"""Judges one task: asks the worker for each item's call, compares what comes back, adds up the points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.sandbox.remote import Worker, WorkerLost
from autograder.sandbox.worker.values import Strange, decode
from autograder.sandbox.worker.wire import WireError
from course_utils.comparison import ATOL_SHARE, RTOL, Difference, Misconception, compare, describe
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome, summarise

from .ahead import TaskItems
from .draw import Model
from .items import Item, Look
from .messages import SAME_AGAIN, SIDE_EFFECTS, SideEffect, explain_error, lost_to
from .specs import request_of

SIDE_EFFECT_SHARE = 0.25
# After so many lost calls the rest of a task is not tried: a loop must not cost its limit once for each item.
MAX_LOST = 2

_STILL_TO_DO = "Still to do: the cell, or a function that it calls, holds its TODO."


@dataclass
class Judged:
    """One item's outcome, and what was seen besides."""

    outcome: ItemOutcome
    edge: bool = False
    changes: frozenset[str] = frozenset()
    repeated: bool | None = None
    has_model: bool = False
    missing_name: str | None = None


def judge_task(worker: Worker, items: TaskItems, points: float) -> tuple[TaskOutcome, str | None]:
    """Mark one task in a worker whose cells have run.

    Tasks that pass share a fork; whatever does not pass was judged in one that no other task had used.

    Args:
        worker: where the submission's functions are.
        items: the task's items.
        points: what the task is worth.

    Returns:
        The outcome, and the name that a ``NameError`` of the student's function asked for, if any.

    Raises:
        WorkerLost: if the whole worker is gone, not only the task's fork.
    """
    fresh = worker.open_task()
    judged = _judge_items(worker, items)
    outcome = add_up(items.task, points, judged)
    if not fresh and outcome.status not in (Status.PASSED, Status.NOT_ATTEMPTED):
        # Earlier tasks ran in the same fork: what they left behind must not cost this one.
        worker.close_task()
        worker.open_task()
        judged = _judge_items(worker, items)
        outcome = add_up(items.task, points, judged)
    if outcome.status not in (Status.PASSED, Status.NOT_ATTEMPTED):
        worker.close_task()
    return outcome, next((j.missing_name for j in judged if j.missing_name), None)


def _judge_items(worker: Worker, items: TaskItems) -> list[Judged]:
    judged: list[Judged] = []
    lost = 0
    for item in items:
        if lost >= MAX_LOST:
            last = judged[-1].outcome
            message = "Not tried, after what the calls above did."
            judged.append(Judged(replace(last, name=item.name, message=message), item.edge))
            continue
        try:
            one = _judge_item(worker, item, items.task, repeat=items.repeat)
        except WorkerLost as gone:
            status, message = lost_to(gone.kind, "call")
            one = Judged(ItemOutcome(item.name, status, message))
            worker.open_task()
        if one.outcome.status is Status.NOT_ATTEMPTED and judged:
            # Other cases gave an answer, so the task was attempted: this case alone is still to do.
            one = replace(one, outcome=replace(one.outcome, status=Status.ERROR))
        judged.append(one)
        if one.outcome.status in (Status.TIMEOUT, Status.CRASHED):
            lost += 1
        if one.outcome.status is Status.NOT_ATTEMPTED:
            break
    return judged


def add_up(task: str, points: float, judged: Sequence[Judged]) -> TaskOutcome:
    """Points from items: value items weigh equally and carry the task, side effects lower it by a quarter at most.

    Side effects count only where every value item passes, because their reports come from the student's process:
    they can lower a mark and never raise one.
    """
    if judged and judged[-1].outcome.status is Status.NOT_ATTEMPTED:
        return TaskOutcome(
            task, Status.NOT_ATTEMPTED, 0.0, points, (replace(judged[-1].outcome, possible=points),)
        )
    core = any(j.outcome.status is Status.PASSED for j in judged if not j.edge)
    values = [j.outcome if core or not j.edge else _without_credit(j.outcome) for j in judged]
    passed = sum(o.status is Status.PASSED for o in values)
    effects = _side_effects(judged) if passed == len(values) else []
    value_share = 1 - SIDE_EFFECT_SHARE if effects else 1.0
    items = [_worth(o, points * value_share / len(values)) for o in values]
    items += [_worth(e, points * SIDE_EFFECT_SHARE / len(effects)) for e in effects]
    earned = sum(item.earned for item in items)
    status = summarise([item.status for item in items])
    if status is Status.PARTIAL and not earned:
        status = Status.FAILED
    # The items' shares are rounded for reading; all of them right is all of the points.
    earned = points if status is Status.PASSED else round(earned, 2)
    return TaskOutcome(task, status, earned, points, tuple(items))


def _without_credit(outcome: ItemOutcome) -> ItemOutcome:
    if outcome.status is not Status.PASSED:
        return outcome
    message = "Right here, but it counts only once an ordinary case is right."
    return replace(outcome, status=Status.FAILED, message=message)


def _worth(outcome: ItemOutcome, points: float) -> ItemOutcome:
    earned = points if outcome.status is Status.PASSED else 0.0
    return replace(outcome, earned=round(earned, 3), possible=round(points, 3))


def _judge_item(worker: Worker, item: Item, task: str, *, repeat: int) -> Judged:
    request, tensors = request_of(item, task, repeat=1 if item.raises else repeat)
    answer, sent = worker.call(request, tensors)
    has_model = any(isinstance(value, Model) for value in (*item.args, *item.kwargs.values()))
    status = answer.get("status")
    if status == "missing":
        return Judged(_not_attempted(item, task, answer.get("found")), item.edge)
    if status == "timeout":
        state, message = lost_to("timeout", "call")
        return Judged(ItemOutcome(item.name, state, message), item.edge)
    if status == "raised" and item.raises:
        return Judged(_judge_error(item, answer.get("error")), item.edge, _codes(answer), None, has_model)
    if status in ("error", "raised"):
        return _judge_raised(item, task, answer.get("error"))
    try:
        values = [decode(tree, sent) for tree in _list(answer.get("values"))]
        after = [decode(tree, sent) for tree in _list(answer.get("after"))]
    except WireError as error:
        message = f"What came back could not be read as a value ({error}). Return plain tensors and numbers."
        return Judged(ItemOutcome(item.name, Status.FAILED, message), item.edge)
    if status != "ok" or not values:
        return Judged(ItemOutcome(item.name, Status.FAILED, "Nothing came back from the call."), item.edge)
    if item.raises:
        message = f"Nothing was raised; here a `{item.raises}` is asked for."
        return Judged(ItemOutcome(item.name, Status.FAILED, message), item.edge)
    difference = _difference(item, values[0]) or _look_difference(item.looks, after)
    repeated = None
    if repeat > 1 and difference is None:
        # A second call that raised leaves one value alone.
        repeated = len(values) > 1 and _difference(item, values[1]) is None
    outcome = _outcome(item, difference)
    return Judged(outcome, item.edge, _codes(answer), repeated, has_model)


def _outcome(item: Item, difference: Difference | None) -> ItemOutcome:
    if difference is None:
        return ItemOutcome(item.name, Status.PASSED)
    message = difference.message
    if difference.misconception is None and item.next_step:
        message = f"{message} {item.next_step}"
    return ItemOutcome(item.name, Status.FAILED, message, difference.misconception)


def _difference(item: Item, value: Any) -> Difference | None:
    strange = _find_strange(value)
    # What the call returned may be no data, a model say, only where looking at it is what the item is about.
    if strange is not None and (not item.looks or (item.judge is None and item.expected is not None)):
        return Difference(
            f"The returned value is {strange.kind}. Return plain tensors, numbers, lists or dicts."
        )
    try:
        return _judged(item, value)
    except Exception:  # whatever came back must not stop the marking of others
        return Difference(f"The returned value is {describe(value)}, which cannot be judged.")


def _judged(item: Item, value: Any) -> Difference | None:
    if item.judge is not None:
        found = item.judge(value)
        if isinstance(found, Misconception):
            return Difference(found.message, found.name)
        return Difference(found) if found else None
    if item.expected is None and item.looks:
        return None
    return compare(
        value,
        item.expected,
        item.misconceptions,
        rtol=RTOL if item.rtol is None else item.rtol,
        atol_share=ATOL_SHARE if item.atol_share is None else item.atol_share,
        atol=item.atol,
    )


def _look_difference(looks: Sequence[Look], after: list[Any]) -> Difference | None:
    if len(after) != len(looks):
        return Difference("What the call left behind could not be read.") if looks else None
    for look, seen in zip(looks, after, strict=True):
        if not _as_looked_for(look, seen):
            return Difference(look.message, look.misconception)
    return None


def _as_looked_for(look: Look, seen: Any) -> bool:
    if look.only is not None and isinstance(seen, dict):
        seen = {key: value for key, value in seen.items() if look.only(key)}
    try:
        return _find_strange(seen) is None and compare(seen, look.expected) is None
    except Exception:  # as above: what cannot be compared is not what was looked for
        return False


def _find_strange(value: Any) -> Strange | None:
    if isinstance(value, Strange):
        return value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return next((found for part in parts if (found := _find_strange(part)) is not None), None)


def _judge_raised(item: Item, task: str, error: Any) -> Judged:
    error = error if isinstance(error, dict) else {}
    if error.get("type") == "NotImplementedError" and str(error.get("message", "")).startswith("TODO"):
        return Judged(ItemOutcome(item.name, Status.NOT_ATTEMPTED, _STILL_TO_DO), item.edge)
    name = error.get("name") if error.get("type") == "NameError" else None
    outcome = ItemOutcome(item.name, Status.ERROR, explain_error(error, task))
    return Judged(outcome, item.edge, missing_name=name if isinstance(name, str) else None)


def _judge_error(item: Item, error: Any) -> ItemOutcome:
    error = error if isinstance(error, dict) else {}
    if error.get("type") == "NotImplementedError" and str(error.get("message", "")).startswith("TODO"):
        return ItemOutcome(item.name, Status.NOT_ATTEMPTED, _STILL_TO_DO)
    # Only texts can be equal to the name: whatever else stands among them is passed over.
    if item.raises not in (error.get("type"), *_list(error.get("bases"))):
        return ItemOutcome(
            item.name, Status.FAILED, f"Here a `{item.raises}` is asked for. {explain_error(error)}"
        )
    if item.mentions not in str(error.get("message", "")):
        return ItemOutcome(
            item.name, Status.FAILED, f"The `{item.raises}` should name what is at fault in its message."
        )
    return ItemOutcome(item.name, Status.PASSED)


def _not_attempted(item: Item, task: str, found: Any) -> ItemOutcome:
    if found == "missing":
        message = f"There is no function `{task}`. Was its cell deleted, renamed, or did it raise an error?"
    else:
        kind = found[:60] if isinstance(found, str) else "something else"
        message = f"`{task}` is no function but {kind}. Was the name used for something else further down?"
    return ItemOutcome(item.name, Status.NOT_ATTEMPTED, message)


def _side_effects(judged: Sequence[Judged]) -> list[ItemOutcome]:
    codes = frozenset().union(*(j.changes for j in judged))
    with_model = any(j.has_model for j in judged)
    found = []
    for effect in SIDE_EFFECTS:
        if with_model or not effect.needs_model:
            found.append(_effect(effect, broken=bool(codes & effect.codes)))
    if any(j.repeated is not None for j in judged):
        found.append(_effect(SAME_AGAIN, broken=any(j.repeated is False for j in judged)))
    return found


def _effect(effect: SideEffect, *, broken: bool) -> ItemOutcome:
    if not broken:
        return ItemOutcome(effect.name, Status.PASSED)
    return ItemOutcome(effect.name, Status.FAILED, effect.message, effect.misconception)


def _codes(answer: dict[str, Any]) -> frozenset[str]:
    return frozenset(code for code in _list(answer.get("changes")) if isinstance(code, str))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


__all__ = ["Judged", "add_up", "judge_task"]
