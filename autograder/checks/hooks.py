"""Hidden checks of lesson 3, hooks: what a layer gave, and the gradient that came back to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from course_utils.comparison import Misconception

from . import oracles
from .draw import Draw, Layer, Model
from .items import Item, LessonChecks, Look
from .telling import first_telling

CHECKS = LessonChecks("03_hooks")

# The judge calls a function twice on the same arguments; each call may run the model once.
PASSES = 2


def _layer_values(model: Model, names: list[str], x: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """For each layer its input and its output as they were then, taken from one pass of a fresh copy."""
    module = model.fresh()
    found: dict[str, tuple[Tensor, Tensor]] = {}
    for name in names:
        layer = module.get_submodule(name)
        inside: list[Tensor] = []
        handles = [
            layer.register_forward_pre_hook(
                lambda _, inputs, inside=inside: inside.append(inputs[0].clone())
            ),
            layer.register_forward_hook(
                lambda _, __, output, name=name, inside=inside: found.update(
                    {name: (inside.pop(), output.clone())}
                )
            ),
        ]
        with torch.no_grad():
            module(x)
        for handle in handles:
            handle.remove()
    return found


def _scenes(draw: Draw) -> Iterator[tuple[str, Model, Layer, Tensor, bool]]:
    """Name, model, layer, batch, and whether an in-place ReLU comes right behind the layer."""
    model = draw.model("plain", "plain", channels=[5, 7, 6], classes=4, inplace=True)
    yield (
        "a convolution with an in-place ReLU behind it",
        model,
        model.layer("conv2"),
        draw.normal("x plain", 1, 3, 40, 56),
        True,
    )
    model = draw.model("residual", "residual", channels=[4, 6, 8], classes=5, inplace=True, shared=False)
    yield (
        "a layer deep inside a block, a batch of three",
        model,
        model.layer("block1.bn1"),
        draw.normal("x residual", 3, 3, 33, 48),
        True,
    )
    model = draw.model("whole block", "residual", channels=[5, 9, 7], classes=3, inplace=True)
    yield (
        "a whole block, a batch of two",
        model,
        model.layer("block1"),
        draw.normal("x block", 2, 3, 48, 31),
        False,
    )
    model = draw.model("mobile", "mobile", channels=[4, 6, 5], classes=7, inplace=True)
    yield (
        "a linear layer, whose output has no space, a batch of five",
        model,
        model.layer("classifier.1"),
        draw.normal("x mobile", 5, 3, 44, 52),
        True,
    )
    model = draw.model("frozen", "functional", channels=[5, 6, 8], classes=3, frozen=True)
    yield (
        "a model whose parameters are all frozen, a batch of two",
        model,
        model.layer("second"),
        draw.normal("x frozen", 2, 3, 37, 45),
        False,
    )


@CHECKS.task("capture_output")
def capture_output(draw: Draw) -> Iterator[Item]:
    for name, model, layer, x, overwritten in _scenes(draw):
        given, output = _layer_values(model, [layer.name], x)[layer.name]
        yield Item(
            name,
            [model, layer, x],
            expected=output,
            misconceptions=_output_mistakes(model, x, given, output, overwritten),
            next_step="Let a forward hook on `layer` store a detached copy of `output`, and run the model "
            "once.",
        )
    yield _failing(draw, lambda model, x: [model, model.layer("conv3"), x])


def _output_mistakes(
    model: Model, x: Tensor, given: Tensor, output: Tensor, overwritten: bool
) -> list[Misconception]:
    with torch.no_grad():
        logits = model.fresh()(x)
    mistakes = [
        Misconception(
            "input_captured",
            "This is what went into the layer. A forward hook gets `(module, inputs, output)`: keep the "
            "third.",
            given,
        ),
        Misconception(
            "logits_returned",
            "These are the model's logits. Return what your hook kept.",
            logits,
        ),
        Misconception(
            "first_picture_only",
            "Only the first picture of the batch came back. Return the output for all of them.",
            when=lambda got: len(output) > 1 and got.numel() * len(output) == output.numel(),
        ),
        Misconception(
            "batch_axis_gone",
            "The axis of the batch is gone. Return the layer's output in its own shape, also for one "
            "picture.",
            when=lambda got: len(output) == 1 and tuple(got.shape) == tuple(output.shape[1:]),
        ),
        Misconception(
            "averaged",
            "Some axes were averaged away. Return the output as the layer gave it.",
            when=lambda got: got.ndim > 0 and got.numel() < output.numel() and got.numel() in _sizes(output),
        ),
    ]
    if overwritten:
        mistakes.insert(0, _overwritten(output.clamp(min=0)))
    return mistakes


def _sizes(output: Tensor) -> set[int]:
    """Numbers of values that are left where space, channels or pictures were averaged away."""
    return {output[:, 0].numel(), output.shape[0] * output.shape[1], output.shape[1], output[0].numel()}


def _overwritten(value: Any) -> Misconception:
    return Misconception(
        "overwritten_in_place",
        "No negative value is left: an in-place ReLU behind the layer wrote over what you kept, because "
        "`detach()` "
        "shares memory. Keep `output.detach().clone()`.",
        value,
    )


@CHECKS.task("capture_activations")
def capture_activations(draw: Draw) -> Iterator[Item]:
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
    yield _failing(draw, lambda model, x: [model, ["relu2", "conv1"], x])


def _activations_item(
    name: str, model: Model, names: list[str], x: Tensor, behind: tuple[str, ...] = ()
) -> Item:
    found = _layer_values(model, names, x)
    expected = {n: found[n][1] for n in names}
    mistakes = _dict_mistakes(names, expected, {n: found[n][0] for n in names}, len(x))
    if behind:
        covered = {n: v.clamp(min=0) if n in behind else v for n, v in expected.items()}
        mistakes.insert(0, _overwritten(covered))
        mistakes.insert(1, _overwritten_somewhere(expected, behind))
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


def _overwritten_somewhere(expected: dict[str, Tensor], behind: tuple[str, ...]) -> Misconception:
    """Overwritten values under the right keys in whatever order."""
    found = _overwritten(None)
    return Misconception(
        found.name,
        found.message,
        when=lambda got: (
            set(got) == set(expected)
            and any(torch.allclose(got[n].float(), expected[n].clamp(min=0)) for n in behind)
        ),
    )


def _dict_mistakes(
    names: list[str], expected: dict[str, Tensor], given: dict[str, Tensor], pictures: int
) -> list[Misconception]:
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
                and (list(got) == names[-1:] or [n for n in names if got.get(n) is not None] == names[-1:])
            ),
        ),
        Misconception(
            "forward_order",
            "The keys are right but their order is not: `layer_names` says the order, not the forward pass. "
            "Build the "
            "dict anew at the end.",
            when=lambda got: list(got) != names and sorted(got) == sorted(names),
        ),
        Misconception(
            "list_instead_of_dict",
            "A list came back. Return a dict: the layer's name, and its output.",
            when=lambda got: isinstance(got, (list, tuple)),
        ),
        Misconception(
            "too_many_layers",
            "There are more layers in it than were asked for. Keep those in `layer_names` alone.",
            when=lambda got: set(got) > set(names),
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


@CHECKS.task("capture_gradient")
def capture_gradient(draw: Draw) -> Iterator[Item]:
    for name, family, layer, size, asked, options in (
        ("a convolution, a chosen class", "plain", "conv2", (40, 56), "other", {"inplace": False}),
        (
            "a block whose output is used twice, in-place ReLUs elsewhere",
            "residual",
            "block1",
            (49, 36),
            "other",
            {"inplace": True},
        ),
        ("class 0, which is a class", "mobile", "features.7", (52, 36), "zero", {"inplace": True}),
        (
            "a model whose parameters are all frozen",
            "mobile",
            "features.5",
            (44, 60),
            "other",
            {"inplace": True, "frozen": True},
        ),
        (
            "a model without ReLU modules, the predicted class",
            "functional",
            "second",
            (33, 45),
            "predicted",
            {},
        ),
    ):
        yield _gradient_item(draw, name, family, layer, size, asked, options)
    model = draw.model("logits", "plain", channels=[4, 5, 6], classes=5)
    x = draw.normal("x logits", 1, 3, 32, 40)
    target = (oracles.predicted_class(model.module, x) + draw.integer("class", 1, 5)) % 5
    yield Item(
        "the last layer: its output are the scores themselves",
        [model, model.layer("head"), x, target],
        expected=torch.eye(5)[None, target],
        misconceptions=_logit_mistakes(model, x, target),
        next_step="The score of the class grows by 1 with its own logit, and not at all with the others.",
        edge=True,
    )
    yield _failing(draw, lambda model, x: [model, model.layer("pool"), x, 1])


def _logit_mistakes(model: Model, x: Tensor, target: int) -> list[Misconception]:
    shares = model.module(x).softmax(1)[0].detach()
    one = torch.eye(len(shares))[target]
    return [_probability((shares[target] * (one - shares))[None])]


def _probability(value: Tensor) -> Misconception:
    return Misconception(
        "probability_instead_of_logit",
        "The gradient seems to start at the softmax probability. The score is the logit: no softmax before "
        "backward.",
        value,
    )


def _gradient_item(
    draw: Draw,
    name: str,
    family: str,
    layer: str,
    size: tuple[int, int],
    asked: str,
    options: dict[str, Any],
) -> Item:
    def make(number: int) -> Item | None:
        model = draw.model(f"{name} {number}", family, channels=[5, 7, 6], classes=4, **options)
        x = draw.normal(f"{name} x {number}", 1, 3, *size)
        predicted = oracles.clear_winner(model.module, x)
        if predicted is None or (asked == "zero" and predicted == 0):
            return None
        other = (predicted + draw.integer(f"{name} class {number}", 1, 4)) % 4
        target = {"predicted": predicted, "zero": 0, "other": other}[asked]
        output, gradient = oracles.output_and_gradient(
            model.module, model.module.get_submodule(layer), x, target
        )
        if (gradient.abs() > 1e-7).float().mean() < 0.2:
            return None
        return Item(
            name,
            [model, model.layer(layer), x, target],
            expected=gradient,
            misconceptions=_gradient_mistakes(
                model, model.layer(layer), x, target, predicted, output, gradient
            ),
            next_step="Keep the layer's output in the graph, and take the gradient of `logits[0, "
            "class_index]` for it.",
        )

    return first_telling(make)


def _gradient_mistakes(
    model: Model, layer: Layer, x: Tensor, target: int, predicted: int, output: Tensor, gradient: Tensor
) -> list[Misconception]:
    def of(score: Any) -> Tensor:
        logits, kept, _ = oracles.forward_with(model.module, layer.module, x)
        return torch.autograd.grad(score(logits), kept)[0]

    logits, _, source = oracles.forward_with(model.module, layer.module, x)
    (at_input,) = torch.autograd.grad(logits[0, target], source)
    mistakes = [
        _probability(of(lambda z: z.softmax(1)[0, target])),
        Misconception(
            "log_probability",
            "The gradient starts at a log-probability or a cross-entropy loss. The score is the logit "
            "itself.",
            of(lambda z: z.log_softmax(1)[0, target]),
        ),
        Misconception(
            "log_probability",
            "The gradient starts at a log-probability or a cross-entropy loss. The score is the logit "
            "itself.",
            of(lambda z: -z.log_softmax(1)[0, target]),
        ),
        Misconception(
            "all_classes",
            "The gradient starts at the sum of all logits. Pick the one of the class: `logits[0, "
            "class_index]`.",
            of(lambda z: z.sum()),
        ),
        Misconception(
            "input_of_layer",
            "This is the gradient for the layer's input. In a full backward hook, `grad_output` belongs to "
            "the output "
            "and `grad_input` to the input.",
            when=_alike(_gradient_at_input_of(model, layer, x, target)),
        ),
        Misconception(
            "input_gradient",
            "This is the gradient for the picture `x`. Asked for is the one for the layer's output.",
            when=_alike(at_input),
        ),
        Misconception(
            "output_returned",
            "This is the layer's output. Return the gradient of the score with respect to it.",
            output,
        ),
        Misconception("absolute", "The gradient lost its sign. Return it as it is.", gradient.abs()),
        Misconception(
            "relu", "Negative gradients became zero. Return the gradient as it is.", gradient.relu()
        ),
        Misconception(
            "averaged",
            "The gradient was averaged over space. Return one number for each value of the layer's output.",
            when=lambda got: 0 < got.numel() <= gradient.shape[1],
        ),
        Misconception(
            "batch_axis_gone",
            "The axis of the batch is gone. The shape to return is that of the layer's output.",
            when=lambda got: tuple(got.shape) == tuple(gradient.shape[1:]),
        ),
        Misconception(
            "parameter_gradient",
            "This has the shape of the layer's weights. Asked for is the gradient for the layer's output.",
            when=lambda got: any(got.shape == p.shape for p in layer.module.parameters()),
        ),
    ]
    if predicted != target:
        mistakes.append(
            Misconception(
                "class_ignored",
                "This is the gradient for the predicted class. Use `class_index`; 0 is a class, too.",
                of(lambda z: z[0, predicted]),
            )
        )
    return mistakes


def _alike(value: Tensor) -> Callable[[Any], bool]:
    """A predicate for a mistake whose value has a shape of its own."""
    return lambda got: (
        tuple(got.shape) == tuple(value.shape)
        and torch.allclose(
            torch.as_tensor(got).float(), value, rtol=1e-3, atol=1e-4 * float(value.abs().max())
        )
    )


def _gradient_at_input_of(model: Model, layer: Layer, x: Tensor, target: int) -> Tensor:
    """The gradient for what goes into the layer, taken at a copy put in its place by a pre-hook."""
    entered: list[Tensor] = []

    def enter(module: torch.nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        entered.append(inputs[0].clone())
        return (entered[0].clone(),)

    handle = layer.module.register_forward_pre_hook(enter)
    try:
        score = model.module(x.detach().clone().requires_grad_())[0, target]
    finally:
        handle.remove()
    return torch.autograd.grad(score, entered[0])[0]


def _failing(draw: Draw, arguments: Callable[[Model, Tensor], list[Any]]) -> Item:
    """A model whose head raises: the error must come through, and the hooks be gone then, too."""
    model = draw.model("failing", "plain", channels=[5, 6, 7], classes=3, inplace=True, raises="head")
    return Item(
        "a model whose forward pass fails: its error comes through",
        arguments(model, draw.normal("x failing", 1, 3, 30, 44)),
        raises="RuntimeError",
        mentions="meant to fail",
        edge=True,
    )
