"""`prepare_for_transfer`: looks at the layers and parameters of the model that comes back."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from autograder.checks.draw import Draw, Model
from autograder.checks.items import Item, Look


def items(draw: Draw) -> Iterator[Item]:
    residual = draw.model("residual", "residual", channels=[6, 7, 9], classes=5)
    yield _prepared("a head at the top level, new number of classes", residual, "fc", 3)
    mobile = draw.model("mobile", "mobile", channels=[4, 6, 8], classes=6)
    yield _prepared(
        "a head inside a Sequential: a dotted name that ends in a number", mobile, "classifier.3", 4
    )
    normed = draw.model("normed", "normed", channels=[4, 6, 8], classes=4, train=True)
    yield _prepared("a head under a dotted name, in a model in train mode", normed, "top.out", 7)
    same = draw.model("same", "plain", channels=[4, 5, 7], classes=3)
    yield _prepared("as many classes as before: the head is fresh all the same", same, "head", 3)
    frozen = draw.model("frozen", "functional", channels=[4, 5, 7], classes=5, frozen=True)
    yield _prepared("a model that comes frozen: its new head can learn", frozen, "out", 2)


def _prepared(name: str, model: Model, head: str, classes: int) -> Item:
    return Item(name, [model, head, classes], looks=transfer_looks(model, head, classes), watch=False)


def transfer_looks(model: Model, head: str, classes: int) -> list[Look]:
    """What to read of a model after ``prepare_for_transfer``."""
    old = model.module.get_submodule(head)
    assert isinstance(old, nn.Linear)
    before = dict(model.module.named_parameters())
    rest = {key: value.detach() for key, value in before.items() if not key.startswith(head + ".")}
    wanted = {key: key.startswith(head + ".") for key in before}
    linear = {"type": "Linear", "in": old.in_features, "out": classes, "bias": True, "fresh": True}
    options = {"name": head, "old": old.weight.detach().flatten()[:6].tolist()}
    return [
        Look(
            "is_argument",
            True,
            "What came back is not the model that was given. Change that model and return it: `return model`.",
            options={"of": 0},
            misconception="other_object",
        ),
        Look(
            "linear",
            linear,
            f"The layer at the dotted name is not a fresh `nn.Linear` with bias, {classes} outputs and as many inputs as "
            "the old one had. Put a new layer into the module that holds the old one.",
            argument=0,
            options=options,
            misconception="head_not_replaced",
        ),
        Look(
            "requires_grad",
            wanted,
            "`requires_grad` is not right everywhere: True for the new head's weight and bias, False for all else. "
            "Freeze first, then put the new head in.",
            argument=0,
            misconception="wrong_parts_frozen",
        ),
        Look(
            "parameters",
            rest,
            "Some parameter outside the head has another value, or another place, than before. Leave the rest as it is.",
            argument=0,
            misconception="rest_changed",
            only=lambda key: not key.startswith(head + "."),
        ),
        Look(
            "buffers",
            {key: value.detach() for key, value in model.module.named_buffers()},
            "Some buffer has another value than before: freezing touches no statistics.",
            argument=0,
            misconception="rest_changed",
        ),
    ]
