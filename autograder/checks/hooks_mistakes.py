"""What goes wrong with lesson 3's hooks, and how each mistake is recognised: by its value, or by the answer's form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.comparison import Misconception

from . import oracles
from .draw import Layer, Model

# --- capture_output, capture_activations ---------------------------------------------------------------------


def output_mistakes(
    model: Model, x: Tensor, given: Tensor, output: Tensor, overwritten: bool
) -> list[Misconception]:
    """Mistakes of ``capture_output``; ``given`` is what went into the layer."""
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
        mistakes.insert(0, overwritten_in_place(output.clamp(min=0)))
    return mistakes


def _sizes(output: Tensor) -> set[int]:
    """Numbers of values that are left where space, channels or pictures were averaged away."""
    return {output[:, 0].numel(), output.shape[0] * output.shape[1], output.shape[1], output[0].numel()}


def overwritten_in_place(value: Any) -> Misconception:
    """What an in-place ReLU behind the layer leaves of its output: ``value``."""
    return Misconception(
        "overwritten_in_place",
        "No negative value is left: an in-place ReLU behind the layer wrote over what you kept, because "
        "`detach()` "
        "shares memory. Keep `output.detach().clone()`.",
        value,
    )


def overwritten_somewhere(expected: dict[str, Tensor], behind: tuple[str, ...]) -> Misconception:
    """Overwritten values under the right keys in whatever order."""
    found = overwritten_in_place(None)
    return Misconception(
        found.name,
        found.message,
        when=lambda got: (
            set(got) == set(expected)
            and any(torch.allclose(got[n].float(), expected[n].clamp(min=0)) for n in behind)
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


# --- capture_gradient ----------------------------------------------------------------------------------------


def logit_mistakes(model: Model, x: Tensor, target: int) -> list[Misconception]:
    """Mistakes of ``capture_gradient`` at the layer whose output are the logits."""
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


def gradient_mistakes(
    model: Model, layer: Layer, x: Tensor, target: int, predicted: int, output: Tensor, gradient: Tensor
) -> list[Misconception]:
    """Mistakes of ``capture_gradient``; ``output`` and ``gradient`` are the right ones at the layer."""

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
