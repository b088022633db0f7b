"""`capture_activations`: several layers' outputs by name, and what known mistakes keep."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.checks.draw import Draw, Model
from autograder.checks.items import Item, Look
from course_utils.comparison import Misconception

from .shared import failing, layer_values, overwritten_in_place

# The judge calls a function twice on the same arguments; each call may run the model once.
PASSES = 2


def items(draw: Draw) -> Iterator[Item]:
    residual = draw.model(
        "residual", "residual", channels=[4, 6, 8], classes=5, inplace=True, shared=False, counts=True
    )
    yield _activations_item(
        "four layers of a residual network, a batch of three",
        residual,
        ["block2", "bn", "block1.bn1", "block1"],
        draw.normal("x residual", 3, 3, 33, 48),
        behind=("bn", "block1.bn1"),
    )
    mobile = draw.model("mobile", "mobile", channels=[4, 6, 5], classes=7, inplace=True, counts=True)
    yield _activations_item(
        "layers with and without space, a batch of two",
        mobile,
        ["classifier.1", "features.0", "features", "features.3"],
        draw.normal("x mobile", 2, 3, 44, 52),
        behind=("classifier.1", "features.0", "features.3"),
    )
    plain = draw.model("plain", "plain", channels=[5, 7, 6], classes=4, inplace=True, counts=True)
    yield _activations_item(
        "one layer, one picture",
        plain,
        ["conv2"],
        draw.normal("x plain", 1, 3, 40, 56),
        behind=("conv2",),
    )
    frozen = draw.model("frozen", "functional", channels=[5, 6, 8], classes=3, frozen=True, counts=True)
    yield _activations_item(
        "a model whose parameters are all frozen, a batch of five",
        frozen,
        ["third", "first"],
        draw.normal("x frozen", 5, 3, 37, 45),
    )
    yield from _unknown_names(draw)
    yield failing(draw, lambda model, x: [model, ["relu2", "conv1"], x])


def _activations_item(
    name: str, model: Model, names: list[str], x: Tensor, behind: tuple[str, ...] = ()
) -> Item:
    found = layer_values(model, names, x)
    expected = {n: found[n][1] for n in names}
    mistakes = dict_mistakes(names, expected, {n: found[n][0] for n in names}, len(x))
    if behind:
        covered = {n: v.clamp(min=0) if n in behind else v for n, v in expected.items()}
        mistakes.insert(0, overwritten_in_place(covered))
        mistakes.insert(1, overwritten_somewhere(expected, behind))
    once = Look(
        "passes",
        PASSES,
        "The values are right, but the model ran more than once, or not as a whole. Register all hooks "
        "first, then "
        "call `model(x)` once.",
        argument=0,
        misconception="several_passes",
    )
    return Item(
        name,
        [model, names, x],
        expected=expected,
        misconceptions=mistakes,
        looks=[once],
        next_step="Each name needs a hook that knows its own name; build the dict in the order of "
        "`layer_names`.",
    )


def _unknown_names(draw: Draw) -> Iterator[Item]:
    for purpose, family, known, unknown in (
        ("an unknown name behind a known one", "residual", "block1", "block3"),
        ("a name that is only a part of a layer's name", "residual", "bn", "block1.conv"),
        ("a number that no layer has", "mobile", "features.0", "features.9"),
    ):
        model = draw.model(purpose, family)
        yield Item(
            f"{purpose}: a KeyError that names it",
            [model, [known, unknown], draw.normal(f"x {purpose}", 1, 3, 40, 36)],
            raises="KeyError",
            mentions=unknown,
            edge=True,
        )


def overwritten_somewhere(expected: dict[str, Tensor], behind: tuple[str, ...]) -> Misconception:
    """Overwritten values under the right keys in whatever order."""
    found = overwritten_in_place(None)
    return Misconception(
        found.name,
        found.message,
        when=lambda got: (
            isinstance(got, dict)
            and set(got) == set(expected)
            and any(
                got[n].shape == expected[n].shape and torch.allclose(got[n].float(), expected[n].clamp(min=0))
                for n in behind
            )
        ),
    )


def dict_mistakes(
    names: list[str], expected: dict[str, Tensor], given: dict[str, Tensor], pictures: int
) -> list[Misconception]:
    """Mistakes of ``capture_activations``; ``given`` is what went into each layer."""
    return [
        Misconception(
            "inputs_captured",
            "These are the layers' inputs. A forward hook gets `(module, inputs, output)`: keep the third.",
            given,
        ),
        Misconception(
            "late_binding",
            "All hooks wrote under the last name: they share the loop's variable and read it when they run. "
            "Make each "
            "hook in a function that takes its name.",
            when=lambda got: (
                len(names) > 1
                and isinstance(got, dict)
                and (list(got) == names[-1:] or [n for n in names if got.get(n) is not None] == names[-1:])
            ),
        ),
        Misconception(
            "forward_order",
            "The keys are right but their order is not: `layer_names` says the order, not the forward pass. "
            "Build the "
            "dict anew at the end.",
            when=lambda got: isinstance(got, dict) and list(got) != names and sorted(got) == sorted(names),
        ),
        Misconception(
            "list_instead_of_dict",
            "A list came back. Return a dict: the layer's name, and its output.",
            when=lambda got: isinstance(got, (list, tuple)),
        ),
        Misconception(
            "too_many_layers",
            "There are more layers in it than were asked for. Keep those in `layer_names` alone.",
            when=lambda got: isinstance(got, dict) and set(got) > set(names),
        ),
        Misconception(
            "names_missing",
            "Some of the names that were asked for are not among the keys. Did every hook run, and write "
            "under its "
            "full dotted name?",
            when=lambda got: isinstance(got, dict) and bool(set(names) - set(got)),
        ),
        Misconception(
            "first_picture_only",
            "Only the first picture of the batch came back. Keep the outputs for all of them.",
            when=lambda got: (
                pictures > 1
                and isinstance(got, dict)
                and all(got[n].numel() * pictures == expected[n].numel() for n in names)
            ),
        ),
        Misconception(
            "batch_axis_gone",
            "The axis of the batch is gone. Keep each output in its own shape, also for one picture.",
            when=lambda got: (
                pictures == 1
                and isinstance(got, dict)
                and all(tuple(got[n].shape) == tuple(expected[n].shape[1:]) for n in names)
            ),
        ),
    ]
