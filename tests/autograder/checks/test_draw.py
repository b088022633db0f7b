"""What is drawn can be drawn again, and by nobody without the secret."""

from __future__ import annotations

import itertools

import torch

from autograder.checks import grad_cam as checks
from autograder.checks.draw import Draw, Model
from autograder.checks.specs import request_of
from autograder.sandbox.worker.arguments import build_arguments

SCOPES = [
    (b"one", "06_grad_cam/ada", "grad_cam"),
    (b"two", "06_grad_cam/ada", "grad_cam"),
    (b"one", "06_grad_cam/bob", "grad_cam"),
    (b"one", "06_grad_cam/ada", "cam"),
    # Joining the parts with a separator would make these alike.
    (b"one", "06_grad_cam", "ada/grad_cam"),
]


def test_seed_is_its_own_for_each_scope_and_purpose() -> None:
    seeds = [Draw(*scope).seed(purpose) for scope in SCOPES for purpose in ("x", "weights", "x 1")]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_same_scope_draws_the_same_whatever_else_was_drawn() -> None:
    first, second = Draw(*SCOPES[0]), Draw(*SCOPES[0])
    second.normal("something else", 100)
    torch.manual_seed(5)
    assert torch.equal(first.normal("x", 3, 4), second.normal("x", 3, 4))
    assert torch.equal(first.uniform("u", 5), second.uniform("u", 5))
    assert first.integer("n", 0, 10**6) == second.integer("n", 0, 10**6)
    assert torch.equal(first.permutation("p", 20), second.permutation("p", 20))
    assert torch.equal(first.picture("a", 30, 40).pixels, second.picture("a", 30, 40).pixels)


def test_drawing_leaves_the_global_generator_alone_in_what_it_gives() -> None:
    values = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        values.append(Draw(*SCOPES[0]).normal("x", 8))
    assert torch.equal(*values)


def test_choices_stay_in_bounds_and_move() -> None:
    draw = Draw(*SCOPES[0])
    numbers = [draw.integer(f"n {i}", 3, 7) for i in range(60)]
    assert set(numbers) == {3, 4, 5, 6}
    assert {draw.choice(f"c {i}", "abc") for i in range(40)} == set("abc")
    picture = draw.picture("a", 12, 17).pixels
    assert (tuple(picture.shape), picture.dtype) == ((12, 17, 3), torch.uint8)


def tensors_of(secret: bytes, submission: str, task: str) -> list[torch.Tensor]:
    found = []
    for item in checks.CHECKS.tasks[task](Draw(secret, submission, task)):
        found += [a for a in item.args if isinstance(a, torch.Tensor)]
        found += [p.detach() for a in item.args if isinstance(a, Model) for p in a.module.parameters()]
    return found


def test_marking_again_meets_the_same_inputs_and_another_student_others() -> None:
    for task in ("channel_weights", "grad_cam"):
        first, again = tensors_of(b"k", "06/ada", task), tensors_of(b"k", "06/ada", task)
        assert all(torch.equal(a, b) for a, b in itertools.zip_longest(first, again))
        other = tensors_of(b"k", "06/bob", task)
        same = [a.shape == b.shape and torch.equal(a, b) for a, b in zip(first, other)]
        assert sum(same) < len(same) / 2  # the network known by hand and BatchNorm-free biases alone


def test_both_sides_build_the_same_arguments() -> None:
    for item in checks.CHECKS.tasks["grad_cam"](Draw(b"k", "06/ada", "grad_cam")):
        request, tensors = request_of(item, "grad_cam", repeat=1)
        torch.manual_seed(99)
        built = build_arguments(request["args"], tensors)
        model, ours = built[0], item.args[0].module
        assert not model.training
        for (name, theirs), (_, mine) in zip(
            model.state_dict().items(), ours.state_dict().items(), strict=True
        ):
            assert torch.equal(theirs, mine), name
        assert built[1] is model.get_submodule(item.args[1].name)
        assert torch.equal(built[2], item.args[2])
        assert built[2] is not item.args[2]
