"""Points and statuses, with a worker that answers whatever a test wants it to answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from autograder.checks.ahead import TaskItems
from autograder.checks.draw import Draw
from autograder.checks.items import Item, LessonChecks, Look
from autograder.checks.judging import MAX_LOST, judge_task
from autograder.checks.messages import SIDE_EFFECTS, explain_error
from autograder.sandbox.remote import WorkerLost
from autograder.sandbox.worker.values import encode
from course_utils.comparison import Misconception
from course_utils.outcomes import Status, TaskOutcome

Reply = Callable[[int, dict[str, Any]], tuple[dict[str, Any], dict[str, torch.Tensor]]]


class FakeWorker:
    """Gives each call's reply by its number; counts the forks that were asked for."""

    def __init__(self, reply: Reply) -> None:
        self.reply, self.calls, self.opened, self.closed, self.open = reply, 0, 0, 0, False

    def open_task(self) -> bool:
        self.opened += 1
        self.open, was_open = True, self.open
        return not was_open

    def call(self, request: dict[str, Any], tensors: Any) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        self.calls += 1
        return self.reply(self.calls - 1, request)

    def close_task(self) -> None:
        self.closed += 1
        self.open = False


def ok(*values: Any, changes: Any = (), after: Any = ()) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    tensors: dict[str, torch.Tensor] = {}
    answer = {
        "status": "ok",
        "values": [encode(value, tensors) for value in values],
        "changes": list(changes) if isinstance(changes, tuple) else changes,
        "after": [encode(value, tensors) for value in after],
    }
    return answer, tensors


def error(kind: str, message: str, **more: Any) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    return {"status": "error", "error": {"type": kind, "message": message, **more}}, {}


def judge(items: list[Item], reply: Reply, *, points: float = 4.0, repeat: bool = True) -> TaskOutcome:
    checks = LessonChecks("test")
    checks.task("f", repeat=repeat)(lambda draw: iter(items))
    worker = FakeWorker(reply)
    return judge_task(worker, TaskItems.of(checks, "f", Draw(b"k", "test", "f")), points)[0]  # type: ignore[arg-type]


def numbers(*edges: bool) -> list[Item]:
    """Items that expect 1.0, 2.0, …, edge items where True."""
    return [Item(f"item {i}", [], expected=float(i + 1), edge=edge) for i, edge in enumerate(edges)]


def right(call: int, request: dict[str, Any]) -> Any:
    return ok(call + 1.0, call + 1.0)


def test_all_right_is_all_points() -> None:
    outcome = judge(numbers(False, False, False), right, points=5)
    assert (outcome.status, outcome.earned, outcome.possible) == (Status.PASSED, 5, 5)
    assert sum(item.possible for item in outcome.items) == pytest.approx(5, abs=0.01)


@pytest.mark.parametrize(("passing", "earned"), [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)])
def test_value_items_weigh_equally_and_carry_the_task(passing: int, earned: float) -> None:
    outcome = judge(numbers(*[False] * 4), lambda n, r: right(n, r) if n < passing else ok(-9.0, -9.0))
    assert outcome.earned == earned
    assert outcome.status is (Status.PARTIAL if passing else Status.FAILED)
    assert len(outcome.items) == 4, "side effects are no items where a value is wrong"


def test_an_edge_item_counts_only_beside_an_ordinary_one() -> None:
    edge_alone = judge(numbers(False, True), lambda n, r: right(n, r) if n == 1 else ok(0.0, 0.0))
    assert (edge_alone.status, edge_alone.earned) == (Status.FAILED, 0.0)
    assert "counts only once" in edge_alone.items[1].message
    both = judge(numbers(False, True), right)
    assert both.earned == 4.0
    core_alone = judge(numbers(False, True), lambda n, r: right(n, r) if n == 0 else ok(0.0, 0.0))
    assert core_alone.earned == 2.0


ALL_CODES = sorted(frozenset().union(*(effect.codes for effect in SIDE_EFFECTS)))


def test_side_effects_cost_a_quarter_at_most() -> None:
    clean = judge(numbers(False, False), right)
    worst = judge(numbers(False, False), lambda n, r: ok(n + 1.0, -1.0, changes=tuple(ALL_CODES)))
    assert clean.earned == 4.0
    assert (worst.status, worst.earned) == (Status.PARTIAL, 3.0)


@pytest.mark.parametrize("code", ALL_CODES)
def test_each_report_lowers_the_mark_once_and_says_so(code: str) -> None:
    model = Item("with a model", [Draw(b"k", "t", "f").model("m", "plain")], expected=1.0)
    outcome = judge([model], lambda n, r: ok(1.0, 1.0, changes=(code,)))
    broken = [item for item in outcome.items if item.status is Status.FAILED]
    assert len(broken) == 1 and broken[0].message and broken[0].misconception
    assert 3.0 <= outcome.earned < 4.0


FORGED: list[Any] = [
    ["everything_fine", "hook_removed", 3, None, {"a": 1}],
    "no list",
    {"earned": 100},
    None,
    [["hook_left"]],
    -1,
]


@pytest.mark.parametrize("changes", FORGED, ids=str)
def test_forged_reports_never_raise_a_mark(changes: Any) -> None:
    fine = judge(numbers(False, False), lambda n, r: ok(n + 1.0, n + 1.0, changes=changes))
    assert fine.earned == 4.0
    wrong = judge(numbers(False, False), lambda n, r: ok(n + 1.0 if n else -5.0, n + 1.0, changes=changes))
    assert wrong.earned == 2.0
    all_wrong = judge(numbers(False, False), lambda n, r: ok(-5.0, n + 1.0, changes=changes))
    assert all_wrong.earned == 0.0


@pytest.mark.parametrize("second", [(), (9.0,)], ids=["raised", "differs"])
def test_a_second_call_must_give_the_same(second: tuple[float, ...]) -> None:
    outcome = judge(numbers(False), lambda n, r: ok(1.0, *second))
    (again,) = [item for item in outcome.items if item.name == "gives the same result again"]
    assert (again.status, again.misconception) == (Status.FAILED, "differs_again")
    assert 3.0 <= outcome.earned < 4.0
    once = judge(numbers(False), lambda n, r: ok(1.0), repeat=False)
    assert once.earned == 4.0


def test_not_attempted() -> None:
    for reply in (
        ({"status": "missing", "found": "missing"}, {}),
        ({"status": "missing", "found": "int"}, {}),
        error("NotImplementedError", "TODO"),
    ):
        outcome = judge(numbers(False, False), lambda n, r, reply=reply: reply)
        assert (outcome.status, outcome.earned) == (Status.NOT_ATTEMPTED, 0.0)
        assert outcome.items[0].message


def test_a_case_still_to_do_does_not_undo_the_others() -> None:
    outcome = judge(
        numbers(False, False), lambda n, r: right(n, r) if n == 0 else error("NotImplementedError", "TODO")
    )
    assert (outcome.status, outcome.earned) == (Status.PARTIAL, 2.0)
    assert outcome.items[1].status is Status.ERROR and "TODO" in outcome.items[1].message


def test_an_error_is_named_with_its_line_and_the_rest_still_run() -> None:
    def reply(n: int, request: Any) -> Any:
        return (
            error("IndexError", "index 9 is out of bounds for dimension 0 with size 8", line="w[k]")
            if n == 0
            else right(n, request)
        )

    outcome = judge(numbers(False, False), reply)
    assert outcome.earned == 2.0
    message = outcome.items[0].message
    assert "`w[k]`" in message and "tensor.shape" in message
    every = judge(numbers(False, False), lambda n, r: error("ValueError", "no"))
    assert (every.status, every.earned) == (Status.ERROR, 0.0)


@pytest.mark.parametrize(
    ("kind", "status"), [("timeout", Status.TIMEOUT), ("memory", Status.CRASHED), ("crashed", Status.CRASHED)]
)
def test_lost_calls_are_given_up_after_a_few(kind: str, status: Status) -> None:
    worker = FakeWorker(lambda n, r: (_ for _ in ()).throw(WorkerLost(kind)))
    checks = LessonChecks("test")
    checks.task("f")(lambda draw: iter(numbers(*[False] * 6)))
    outcome, _ = judge_task(worker, TaskItems.of(checks, "f", Draw(b"k", "t", "f")), 4.0)  # type: ignore[arg-type]
    assert (outcome.status, outcome.earned) == (status, 0.0)
    assert worker.calls == MAX_LOST
    assert (worker.opened, worker.closed) == (1 + MAX_LOST, 1)
    assert [item.name for item in outcome.items] == [f"item {i}" for i in range(6)]


def test_a_crash_costs_that_item_alone() -> None:
    def reply(n: int, request: Any) -> Any:
        if n == 0:
            raise WorkerLost("crashed")
        return right(n, request)

    outcome = judge(numbers(False, False), reply)
    assert outcome.earned == 2.0 and outcome.items[0].status is Status.CRASHED


GARBAGE: list[Any] = [
    {},
    {"status": "ok"},
    {"status": "ok", "values": []},
    {"status": "ok", "values": "all right"},
    {"status": "ok", "values": [{"kind": "tensor", "name": "not sent"}]},
    {"status": "ok", "values": [{"kind": "dict", "items": [[1, 2]]}]},
    {"status": "ok", "values": [{"kind": "strange", "value": "of type Answer"}] * 2},
    {"status": "ok", "values": [7, None]},
    {"status": "passed", "earned": 100, "values": [{"kind": "float", "value": 1.0}]},
    {"status": "raised", "error": {"type": "KeyError", "message": "x"}},
    {"status": "error", "error": "no dict"},
    {"status": "error", "error": {"type": 3, "message": ["x"], "line": {}, "name": 5}},
    {"status": ["ok"]},
]


@pytest.mark.parametrize("answer", GARBAGE, ids=str)
def test_whatever_the_worker_says_is_judged(answer: dict[str, Any]) -> None:
    outcome = judge(numbers(False), lambda n, r: (answer, {}))
    assert outcome.earned == 0.0
    assert outcome.status in (Status.FAILED, Status.ERROR)
    assert outcome.items[0].message


def test_a_known_mistake_is_named_and_the_next_step_said_else() -> None:
    item = Item(
        "item",
        [],
        expected=torch.tensor([1.0, -2.0]),
        misconceptions=[Misconception("relu", "Was the ReLU applied?", torch.tensor([1.0, 0.0]))],
        next_step="Look at the sign.",
    )
    named = judge([item], lambda n, r: ok(torch.tensor([1.0, 0.0]))).items[0]
    assert (named.misconception, named.message) == ("relu", "Was the ReLU applied?")
    other = judge([item], lambda n, r: ok(torch.tensor([3.0, 0.0]))).items[0]
    assert other.misconception is None and other.message.endswith("Look at the sign.")


def test_an_exception_can_be_asked_for() -> None:
    item = Item("unknown name", [], raises="KeyError", mentions="conv9")

    def raised(kind: Any, message: str, bases: Any = None) -> Any:
        found = {"type": kind, "message": message, "bases": bases}
        return {"status": "raised", "error": found, "changes": []}, {}

    good = judge([item], lambda n, r: raised("KeyError", "'conv9'"))
    assert good.earned == 4.0
    for kind, message, said in (
        ("ValueError", "conv9", "`KeyError` is asked for"),
        ("KeyError", "'x'", "name what"),
    ):
        outcome = judge([item], lambda n, r, kind=kind, message=message: raised(kind, message))
        assert outcome.earned == 0.0 and said in outcome.items[0].message
    own = judge([item], lambda n, r: raised("UnknownLayer", "'conv9'", ["KeyError", "LookupError"]))
    assert own.earned == 4.0
    for kind, bases in (
        ("UnknownLayer", "KeyError"),
        (["KeyError"], {"KeyError": 1}),
        (None, [["KeyError"], 7]),
    ):
        assert judge([item], lambda n, r, k=kind, b=bases: raised(k, "conv9", b)).earned == 0.0
    assert "Nothing was raised" in judge([item], lambda n, r: ok(1.0)).items[0].message
    asked: list[dict[str, Any]] = []
    judge([item], lambda n, r: asked.append(r) or raised("KeyError", "conv9"))
    assert (asked[0]["expect_error"], asked[0]["repeat"]) == (True, 1)


def test_looks_are_part_of_the_item() -> None:
    look = Look(
        "requires_grad", {"a": True}, "Freeze all but the head.", argument=0, misconception="not_frozen"
    )
    item = Item("looked at", [1], looks=[look], watch=False)
    assert judge([item], lambda n, r: ok(None, after=({"a": True},)), repeat=False).earned == 4.0
    wrong = judge([item], lambda n, r: ok(None, after=({"a": False},)), repeat=False)
    assert wrong.earned == 0.0 and wrong.items[0].misconception == "not_frozen"
    assert judge([item], lambda n, r: ok(None), repeat=False).earned == 0.0


def test_strange_values_are_no_answer_even_where_something_is_looked_at() -> None:
    look = Look("training", True, "Put the mode back.")
    item = Item("value and look", [1], expected=1.0, looks=[look])
    strange = {"status": "ok", "values": [{"kind": "strange", "value": "of type Answer"}] * 2}
    after = {"after": [{"kind": "bool", "value": True}]}
    outcome = judge([item], lambda n, r: ({**strange, **after}, {}))
    assert outcome.earned == 0.0 and "of type Answer" in outcome.items[0].message


def test_a_judge_that_meets_nonsense_does_not_stop_the_marking() -> None:
    item = Item("judged", [], judge=lambda value: "" if value.shape[3] > 0 else "no")
    outcome = judge([item], lambda n, r: ok("text"))
    assert outcome.earned == 0.0 and "'text'" in outcome.items[0].message


@pytest.mark.parametrize(
    ("kind", "message", "said"),
    [
        ("RuntimeError", "element 0 of tensors does not require grad and does not have a grad_fn", "frozen"),
        ("AttributeError", "'_Plain' object has no attribute 'layer4'", "only some models"),
        ("AttributeError", "'Tensor' object has no attribute 'meen'", "type(...)"),
        ("AttributeError", "'NoneType' object has no attribute 'mean'", "Something is None"),
        ("NameError", "name 'F' is not defined", "cell above"),
        ("KeyError", "'layer4'", "every model"),
        ("TypeError", "cam() missing 1 required positional argument: 'x'", "arguments"),
        ("PermissionError", "[Errno 13] Permission denied: 'captum'", "may not be read"),
        ("ModuleNotFoundError", "No module named 'captum'", "torch alone"),
        ("RuntimeError", "shape '[1, 1, 7, 7]' is invalid for input of size 140", "own shape"),
    ],
)
def test_common_errors_get_a_next_step(kind: str, message: str, said: str) -> None:
    text = explain_error({"type": kind, "message": message})
    assert kind in text and said in text


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("cam() missing 1 required positional argument: 'x'", "Keep the function's name"),
        ("cam() got an unexpected keyword argument 'k'", "Keep the function's name"),
        ("cam.<locals>.hook() takes 2 positional arguments but 3 were given", "module, inputs, output"),
        ("D.forward() takes 1 positional argument but 2 were given", "`ctx`"),
        ("sum() takes from 1 to 2 positional arguments but 3 were given", "how `sum` is called"),
    ],
)
def test_whose_arguments_an_error_means(message: str, said: str) -> None:
    assert said in explain_error({"type": "TypeError", "message": message}, "cam")


def test_an_unknown_error_is_told_as_it_is_and_cut() -> None:
    text = explain_error({"type": "Odd", "message": "x\n" * 4000, "line": "y" * 900})
    assert text.startswith("Your code raised `Odd: x x") and len(text) < 500
    assert explain_error("nonsense") == "Your code raised `an error`."


def test_tasks_that_pass_share_a_fork() -> None:
    worker = FakeWorker(lambda n, request: right(n % 2, request))
    checks = LessonChecks("test")
    checks.task("f")(lambda draw: iter(numbers(False, False)))
    for _ in range(3):
        outcome, _ = judge_task(worker, TaskItems.of(checks, "f", Draw(b"k", "t", "f")), 4.0)  # type: ignore[arg-type]
        assert outcome.status is Status.PASSED
    assert (worker.opened, worker.closed) == (3, 0)


class Unreadable(int):
    """Raises wherever it is compared or counted with."""

    __index__ = __int__ = __eq__ = __ne__ = None  # type: ignore[assignment]
    __hash__ = int.__hash__


@pytest.mark.parametrize("decoded", [2**63, [2**63], [Unreadable(1)], (2**63,)], ids=repr)
def test_nothing_that_comes_back_raises_out_of_judging(decoded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.checks.judging.decode", lambda tree, tensors: decoded)
    expected = torch.tensor([1])
    look = Look("passes", expected, "It left something else behind.", argument=0)
    for item in (
        Item("a value", [], expected=expected),
        Item("a mistake", [], expected=1, misconceptions=[Misconception("m", "m", expected)]),
    ):
        assert judge([item], lambda n, r: ok(1)).status is Status.FAILED
    looked = judge([Item("a look", [], looks=(look,))], lambda n, r: ok(1, 1, after=(1,)))
    assert looked.status is Status.FAILED
    assert looked.items[0].message == look.message


@pytest.mark.parametrize(("recovers", "status"), [(True, Status.PASSED), (False, Status.FAILED)])
def test_what_fails_in_a_used_fork_is_judged_in_a_fresh_one(recovers: bool, status: Status) -> None:
    """A task before it may have left something behind, which is no fault of this one."""
    worker = FakeWorker(
        lambda n, request: right(n % 2, request) if recovers and worker.closed else ok(-1.0, -1.0)
    )
    worker.open = True
    checks = LessonChecks("test")
    checks.task("f")(lambda draw: iter(numbers(False, False)))
    outcome, _ = judge_task(worker, TaskItems.of(checks, "f", Draw(b"k", "t", "f")), 4.0)  # type: ignore[arg-type]
    assert outcome.status is status and worker.calls == 4
    # A fork in which something failed serves no other task.
    assert worker.open is recovers
