"""Messages that belong to no single task: side effects, and what common errors mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SideEffect:
    """A rule that every graded function keeps: what is looked at, the worker's codes for breaking it, the remedy."""

    name: str
    codes: frozenset[str]
    message: str
    needs_model: bool = True


SIDE_EFFECTS = (
    SideEffect(
        "leaves no hook behind",
        frozenset({"hook_left"}),
        "After the call a hook is still on the model. Keep the handle that `register_…_hook` returns and call "
        "`handle.remove()` in a `finally:` block.",
    ),
    SideEffect(
        "leaves parameters, buffers and modules as they were",
        frozenset({"parameters_changed", "buffers_changed", "modules_changed"}),
        "After the call the model's parameters, buffers or modules are not what they were. Work on copies, put "
        "back what you replaced, and keep BatchNorm in eval mode.",
    ),
    SideEffect(
        "leaves the flags as they were",
        frozenset({"training_changed", "inplace_changed", "requires_grad_changed"}),
        "After the call some flag differs: `training`, `requires_grad` or `inplace`. Note the flags first and put "
        "each module's own value back at the end.",
    ),
    SideEffect(
        "leaves no gradient behind",
        frozenset({"grad_left"}),
        "After the call some parameter has a `.grad` that it did not have. `torch.autograd.grad(score, tensor)` "
        "returns the gradient that you want and stores none; after `score.backward()`, set the others back to None.",
    ),
    SideEffect(
        "leaves its inputs alone",
        frozenset({"input_changed", "input_requires_grad", "input_grad"}),
        "After the call an input has other values, `requires_grad` set, or a `.grad`. Work on "
        "`x.detach().clone()` where you need to change something.",
        needs_model=False,
    ),
    SideEffect(
        "returns a detached tensor on the CPU",
        frozenset({"attached", "on_gpu"}),
        "The result is still attached to the graph, or still on the GPU. Return `result.detach().cpu()`.",
        needs_model=False,
    ),
    SideEffect(
        "leaves torch's global switches alone",
        frozenset({"switches_changed"}),
        "After the call gradients are switched off, or the default type differs, for all of torch. Use "
        "`with torch.no_grad():`, which ends by itself.",
        needs_model=False,
    ),
)

SAME_AGAIN = SideEffect(
    "gives the same result again",
    frozenset(),
    "A second call on the same input gave another result. Something is kept between calls, or the input or model "
    "was changed by the first.",
    needs_model=False,
)

_ERROR_HELP = (
    ("does not require grad", "Nothing in the graph wants a gradient: the parameters may be frozen. Let the input (a detached clone of x) require one."),
    ("does not have a grad_fn", "Nothing in the graph wants a gradient: the parameters may be frozen. Let the input (a detached clone of x) require one."),
    ("is a view and is being modified inplace", "A full backward hook meets an in-place ReLU here. A tensor hook, set inside a forward hook, does not mind."),
    ("modified by an inplace operation", "An in-place operation overwrote what backward needs. `clone()` what you keep."),
    ("backward through the graph a second time", "The graph is gone after one backward pass: run the forward pass again, or pass `retain_graph=True`."),
    ("Can't call numpy() on Tensor that requires grad", "Detach the tensor first: `tensor.detach()`."),
    ("mat1 and mat2 shapes", "Two shapes do not fit. Print both shapes just before this line."),
    ("must match the size of tensor", "Two shapes do not fit. Print both shapes just before this line."),
    ("Given groups=", "The layer expects another number of channels. Print the input's shape just before this line."),
    ("'NoneType' object", "Something is None: was a hook never called, or a `return` left out?"),
    ("has no attribute", "This code relies on a name that only some models have. Use the arguments that the function is given."),
)


def explain_error(error: Any) -> str:
    """An error of the student's code in one or two sentences: type, message, place, and what it often means.

    Args:
        error: the worker's description; untrusted, so each field's type is looked at.
    """
    error = error if isinstance(error, dict) else {}
    kind = _text(error.get("type"), 60) or "an error"
    text = _text(error.get("message"), 240)
    said = f"`{kind}: {text}`" if text else f"`{kind}`"
    line = _text(error.get("line"), 120)
    place = f" at `{line}`" if line else ""
    help_text = next((help_ for part, help_ in _ERROR_HELP if part in text), "")
    if kind == "NameError" and not help_text:
        help_text = "Is the name defined in a cell above, and spelt the same?"
    return f"Your code raised {said}{place}. {help_text}".strip()


def _text(value: Any, limit: int) -> str:
    text = value if isinstance(value, str) else ""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
