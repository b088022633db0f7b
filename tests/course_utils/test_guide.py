"""Tasks, examples and questions: what a check says about right, wrong, unfinished and untidy work."""

import numpy as np
import pytest
import torch

from course_utils.comparison import Misconception
from course_utils.guide import Example, Question, Raises, Task, seal
from course_utils.outcomes import Status
from course_utils.tiny_models import colour_picture, colour_spotter

DOUBLE = Task(
    name="double",
    points=2,
    examples=(
        Example(
            "two numbers",
            lambda: (torch.tensor([1.0, -2.0]),),
            torch.tensor([2.0, -4.0]),
            (Misconception("squared", "These are squares.", torch.tensor([1.0, 4.0])),),
            errors=(("no attribute 'twice'", "Tensors have no such method."),),
        ),
        Example("one number", lambda: (torch.tensor([3.0]),), torch.tensor([6.0])),
    ),
    hints=("Twice.",),
)
PEEK = Task(
    name="peek",
    points=1,
    examples=(
        Example(
            "logits",
            lambda: (colour_spotter(), colour_picture()),
            torch.tensor([[5 / 6, 1, -17 / 6, -29 / 6]]),
        ),
    ),
    hints=("Call it.",),
)


def item_of(outcome, name):
    return next(item for item in outcome.items if name in item.name)


@pytest.mark.parametrize(
    "right", [lambda x: 2 * x, lambda x: (x * 2).double(), lambda x: x.numpy() * 2, lambda x: torch.add(x, x)]
)
def test_a_right_answer_passes_in_every_style(right):
    outcome = DOUBLE.check(right)
    assert outcome.status is Status.PASSED
    assert [item.status for item in outcome.items] == [Status.PASSED] * 3
    assert (outcome.earned, outcome.possible) == (3.0, 3.0)


@pytest.mark.parametrize(
    "wrong", [lambda x: x, lambda x: 3 * x, lambda x: None, lambda x: "2", lambda x: (2 * x)[None]]
)
def test_a_wrong_answer_fails_every_example(wrong):
    outcome = DOUBLE.check(wrong)
    assert outcome.status is Status.FAILED
    assert [item.status for item in outcome.items[:2]] == [Status.FAILED] * 2
    assert all(item.message for item in outcome.items[:2])


def test_a_known_mistake_is_named_where_it_shows():
    outcome = DOUBLE.check(lambda x: x**2)
    assert outcome.items[0].misconception == "squared"
    assert outcome.items[0].message.startswith("These are squares.")
    assert "`[2, -4]`" in outcome.items[0].message  # small answers are shown beside a wrong one
    assert outcome.items[1].misconception is None


def test_a_shown_answer_is_rounded():
    example = Example("tenths", lambda: (), (torch.tensor([[0.1, 0.8]]), [3]))
    message = Task("tenths", 1, (example,), ("Ten.",)).check(lambda: None).items[0].message
    assert message.endswith("For this example the answer is `([[0.1, 0.8]], [3])`.")


def test_a_wrong_answer_on_one_example_is_partly_correct():
    assert DOUBLE.check(lambda x: 2 * x.abs()).status is Status.PARTIAL


def test_a_stub_is_not_attempted():
    def double(x):
        # TODO
        raise NotImplementedError("TODO")

    outcome = DOUBLE.check(double)
    assert outcome.status is Status.NOT_ATTEMPTED
    assert outcome.earned == 0
    assert len(outcome.items) == 1


def test_a_stub_that_is_called_is_named():
    def helper(x):
        raise NotImplementedError("TODO")

    def double(x):
        return helper(x)

    outcome = DOUBLE.check(double)
    assert outcome.status is Status.ERROR
    assert "`helper`" in outcome.items[0].message


def test_an_error_shows_type_message_line_and_advice():
    def double(x):
        return x.twice()

    message = DOUBLE.check(double).items[0].message
    assert DOUBLE.check(double).status is Status.ERROR
    for part in (
        "AttributeError",
        "no attribute 'twice'",
        "`double`",
        "`return x.twice()`",
        "Tensors have no such method.",
    ):
        assert part in message


def test_torchs_own_not_implemented_error_is_an_error():
    def double(x):
        raise NotImplementedError("Could not run 'aten::add'")

    assert DOUBLE.check(double).status is Status.ERROR


def test_exit_and_wrong_signature_are_errors():
    def leave(x):
        raise SystemExit(0)

    assert DOUBLE.check(leave).status is Status.ERROR
    assert DOUBLE.check(lambda: 1).status is Status.ERROR


def test_a_changed_input_costs_its_item_and_no_later_example():
    def double(x):
        return x.mul_(2)

    outcome = DOUBLE.check(double)
    assert [item.status for item in outcome.items] == [Status.PASSED, Status.PASSED, Status.FAILED]
    assert "other values" in outcome.items[2].message


def hook_left(model, x):
    model.conv.register_forward_hook(lambda *_: None)
    return model(x).detach()


def grad_left(model, x):
    logits = model(x)
    logits.sum().backward()
    return logits.detach()


def train_left(model, x):
    logits = model(x).detach()
    model.train()
    return logits


def frozen_left(model, x):
    model.requires_grad_(False)
    return model(x)


def inplace_left(model, x):
    model.relu.inplace = True
    return model(x).detach()


def patched_left(model, x):
    logits = model(x).detach()
    model.relu.forward = torch.relu
    return logits


def replaced_left(model, x):
    model.relu = torch.nn.ReLU()
    return model(x).detach()


def weights_left(model, x):
    logits = model(x).detach()
    with torch.no_grad():
        model.fc.weight += 1
    return logits


def input_flag_left(model, x):
    return model(x.requires_grad_()).detach()


def graph_left(model, x):
    return model(x)


def no_grad_left(model, x):
    torch.set_grad_enabled(False)
    return model(x)


@pytest.mark.parametrize(
    ("function", "clue"),
    [
        (hook_left, "hook"),
        (grad_left, ".grad"),
        (train_left, "train/eval"),
        (frozen_left, "requires_grad"),
        (inplace_left, "module"),
        (patched_left, "module"),
        (replaced_left, "module"),
        (weights_left, "other values"),
        (input_flag_left, "input's `requires_grad`"),
        (graph_left, "attached"),
        (no_grad_left, "switched off"),
    ],
)
def test_each_trace_left_behind_is_named(function, clue):
    outcome = PEEK.check(function)
    assert outcome.items[0].status is Status.PASSED
    assert outcome.items[1].status is Status.FAILED
    assert clue in outcome.items[1].message
    assert torch.is_grad_enabled()


def test_a_clean_look_into_the_model_passes():
    def peek(model, x):
        with torch.no_grad():
            return model(x)

    assert PEEK.check(peek).status is Status.PASSED


def test_a_second_call_that_differs_is_noticed():
    calls = []

    def peek(model, x):
        calls.append(1)
        with torch.no_grad():
            return model(x) * len(calls)

    assert "second call" in PEEK.check(peek).items[1].message


def test_a_task_that_may_change_things_has_no_such_item():
    free = Task("peek", 1, PEEK.examples, PEEK.hints, tidy=False)
    assert len(free.check(graph_left).items) == 1


def test_raises_wants_the_exception_and_its_words():
    task = Task(
        "find", 1, (Example("unknown name", lambda: ({}, "nose"), Raises(KeyError, "nose")),), ("Look.",)
    )
    assert task.check(lambda table, name: table[name]).status is Status.PASSED
    assert "message should contain" in task.check(lambda table, name: {}["ear"]).items[0].message
    assert "Nothing was raised" in task.check(lambda table, name: table.get(name)).items[0].message
    assert task.check(lambda table, name: [][3]).items[0].status is Status.ERROR


def test_read_compares_an_effect_in_place_of_the_result():
    example = Example("sizes", lambda: ([3, 1],), [1, 3], read=lambda result, args: args[0])
    task = Task("sort", 1, (example,), ("Sort.",), tidy=False)
    assert task.check(lambda values: values.sort()).status is Status.PASSED
    assert task.check(lambda values: sorted(values)).status is Status.FAILED


def test_absolute_tolerance_replaces_the_courses_own():
    example = Example("near", lambda: (), torch.tensor([1.0]), atol=2e-2)
    task = Task("near", 1, (example,), ("Near.",))
    assert task.check(lambda: np.array([1.019])).status is Status.PASSED
    assert task.check(lambda: np.array([1.021])).status is Status.FAILED


QUESTION = Question("q_one", seal("q_one", "C", "salt"), {letter: f"About {letter}." for letter in "ABCD"})


def test_the_key_is_sealed_and_opens_to_the_right_letter_alone():
    assert QUESTION.key.startswith("salt$")
    assert [QUESTION.is_right(letter) for letter in "ABCD"] == [False, False, True, False]
    assert QUESTION.is_right(" c ")
    assert seal("q_one", "C") != seal("q_one", "C")
    assert seal("q_two", "C", "salt") != QUESTION.key


@pytest.mark.parametrize(
    ("answer", "status", "earned"),
    [
        ("C", Status.PASSED, 1.0),
        ("c", Status.PASSED, 1.0),
        ("A", Status.FAILED, 0.0),
        ("E", Status.FAILED, 0.0),
        (3, Status.FAILED, 0.0),
        (["C"], Status.FAILED, 0.0),
        (None, Status.NOT_ATTEMPTED, 0.0),
        ("", Status.NOT_ATTEMPTED, 0.0),
    ],
)
def test_an_answer_is_marked_at_once(answer, status, earned):
    outcome = QUESTION.mark(answer)
    assert (outcome.status, outcome.earned, outcome.possible) == (status, earned, 1.0)


def test_the_explanation_is_that_of_the_chosen_option():
    assert QUESTION.mark("a").items[0].message == "About A."
