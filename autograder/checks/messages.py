"""Messages that belong to no single task: side effects, and what common errors mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from course_utils.outcomes import Status


@dataclass(frozen=True)
class SideEffect:
    """A rule that every graded function keeps: what is looked at, the worker's codes for breaking it, the remedy."""

    name: str
    codes: frozenset[str]
    misconception: str
    message: str
    needs_model: bool = True


SIDE_EFFECTS = (
    SideEffect(
        "leaves no hook behind",
        frozenset({"hook_left"}),
        "hook_left",
        "After the call a hook is still on the model. Keep the handle that `register_…_hook` returns and call "
        "`handle.remove()` in a `finally:` block.",
    ),
    SideEffect(
        "leaves parameters, buffers and modules as they were",
        frozenset({"parameters_changed", "buffers_changed", "modules_changed", "class_changed"}),
        "model_changed",
        "After the call the model's parameters, buffers or modules, or a class of torch's such as `nn.ReLU`, are not what "
        "they were. Work on copies, put back what you replaced, and keep BatchNorm in eval mode.",
    ),
    SideEffect(
        "leaves the flags as they were",
        frozenset({"training_changed", "inplace_changed", "requires_grad_changed"}),
        "flag_changed",
        "After the call some flag differs: `training`, `requires_grad` or `inplace`. Note the flags first and put "
        "each module's own value back at the end.",
    ),
    SideEffect(
        "leaves no gradient behind",
        frozenset({"grad_left"}),
        "grad_left",
        "After the call some parameter has a `.grad` that it did not have. `torch.autograd.grad(score, tensor)` "
        "returns the gradient that you want and stores none; after `score.backward()`, set the others back to None.",
    ),
    SideEffect(
        "leaves its inputs alone",
        frozenset({"input_changed", "input_requires_grad", "input_grad"}),
        "input_changed",
        "After the call an input has other values, `requires_grad` set, or a `.grad`. Work on "
        "`x.detach().clone()` where you need to change something.",
        needs_model=False,
    ),
    SideEffect(
        "returns a detached tensor on the CPU",
        frozenset({"attached", "on_gpu"}),
        "attached",
        "The result is still attached to the graph, or still on the GPU. Return `result.detach().cpu()`.",
        needs_model=False,
    ),
    SideEffect(
        "leaves torch's global switches alone",
        frozenset({"switches_changed"}),
        "global_switch",
        "After the call gradients are switched off, or the default type differs, for all of torch. Use "
        "`with torch.no_grad():`, which ends by itself.",
        needs_model=False,
    ),
)

SAME_AGAIN = SideEffect(
    "gives the same result again",
    frozenset(),
    "differs_again",
    "A second call on the same input gave another result, or an error. Something is kept between calls (a global list, "
    "a hook, a gradient), or the first call changed the input or the model.",
    needs_model=False,
)

_FROZEN = (
    "Nothing in the graph wants a gradient: the parameters may be frozen. Let the input (a detached clone of x) "
    "require one."
)
_SHAPES = "Two shapes do not fit. Print both shapes just before this line."
_ARGUMENTS = "Keep the function's name and arguments as its cell gave them."

# Part of the error's message, and what it often means; the first that fits is said.
_ERROR_HELP = (
    ("does not require grad", _FROZEN),
    ("does not have a grad_fn", _FROZEN),
    (
        "is a view and is being modified inplace",
        "A full backward hook meets an in-place ReLU here. A tensor hook, set inside a forward hook, does not mind.",
    ),
    (
        "a leaf Variable that requires grad is being used in an in-place operation",
        "Something is changed in place. Work on `x.detach().clone()`.",
    ),
    (
        "modified by an inplace operation",
        "An in-place operation overwrote what backward needs. `clone()` what you keep.",
    ),
    (
        "backward through the graph a second time",
        "The graph is gone after one backward pass: run the forward pass again, or pass `retain_graph=True`.",
    ),
    (
        "to not have been used in the graph",
        "The score does not depend on that tensor: keep the layer's own output, not a detached or cloned copy.",
    ),
    (
        "grad can be implicitly created only for scalar outputs",
        "Go backward from one number: pick the score of one class of one picture.",
    ),
    ("Can't call numpy() on Tensor that requires grad", "Detach the tensor first: `tensor.detach()`."),
    (
        "only one element tensors can be converted",
        "One number was expected here, and a tensor with several came.",
    ),
    ("mat1 and mat2 shapes", _SHAPES),
    ("must match the size of tensor", _SHAPES),
    ("must match the existing size", _SHAPES),
    ("could not be broadcast together", _SHAPES),
    (
        "subscript",
        "In einsum, each letter is one axis and stands for one length. Print the shapes just before this line.",
    ),
    (
        "is invalid for input of size",
        "A size is written as a number. Take the sizes from the tensor's own shape.",
    ),
    (
        "out of bounds for dimension",
        "An index ran past the end. Take lengths from `tensor.shape`, not from one model.",
    ),
    ("out of range", "An index ran past the end. Take lengths from `tensor.shape`, not from one model."),
    (
        "Given groups=",
        "The layer expects another number of channels. Print the input's shape just before this line.",
    ),
    ("'NoneType' object", "Something is None: was a hook never called, or a `return` left out?"),
)
_PLAIN_TYPES = (
    "'Tensor'",
    "'tuple'",
    "'list'",
    "'dict'",
    "'int'",
    "'float'",
    "'str'",
    "'numpy.ndarray'",
    "module '",
)
_KIND_HELP = {
    "NameError": "Is the name defined in a cell above, and spelt the same?",
    "KeyError": "Nothing is stored under this key. Did the hook run, and does every model have a layer of this name?",
    "StopIteration": "Nothing fits what is searched for here: not every model has such a layer.",
    "ModuleNotFoundError": "This package is not at hand while your work is marked. The task needs torch alone.",
    "PermissionError": "This file or package may not be read while your work is marked. The task needs torch alone.",
    "RecursionError": "The function calls itself without end.",
    "SystemExit": "`exit()` ends the notebook; leave it out.",
}


def explain_error(error: Any, task: str = "") -> str:
    """An error of the student's code in one or two sentences: type, message, place, and what it often means.

    Args:
        error: the worker's description; untrusted, so each field's type is looked at.
        task: the function that was called, where one was.
    """
    error = error if isinstance(error, dict) else {}
    kind = _text(error.get("type"), 60) or "an error"
    text = _text(error.get("message"), 240)
    said = f"`{kind}: {text}`" if text else f"`{kind}`"
    line = _text(error.get("line"), 120)
    place = f" at `{line}`" if line else ""
    return f"Your code raised {said}{place}. {_help(kind, text, task)}".strip()


def _help(kind: str, text: str, task: str) -> str:
    if kind in _KIND_HELP:
        return _KIND_HELP[kind]
    if "positional argument" in text or "unexpected keyword argument" in text:
        return _arguments_help(text, task)
    for part, help_text in _ERROR_HELP:
        if part in text:
            return help_text
    if "has no attribute" in text:
        if text.startswith(_PLAIN_TYPES):
            return "Print `type(...)` of what stands before the dot just before this line."
        return "This code relies on a name that only some models have. Use the arguments that the function is given."
    return ""


def _arguments_help(text: str, task: str) -> str:
    """Whose arguments are meant: the task's own, those of a hook, or those of any function that is called inside."""
    called = text.split("(", 1)[0]
    if called == task:
        return _ARGUMENTS
    if called.endswith((".forward", ".backward")):
        return "Of a `torch.autograd.Function`, `forward` and `backward` are static methods whose first argument is `ctx`."
    if "<locals>" in called and "were given" in text:
        return "A forward hook is called with three arguments: module, inputs, output. A tensor hook gets the gradient alone."
    return f"Look at how `{called}` is called here, and which arguments it takes."


def _text(value: Any, limit: int) -> str:
    text = value if isinstance(value, str) else ""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def lost_to(kind: str, what: str = "cell") -> tuple[Status, str]:
    """Status and words for a process that was lost.

    Args:
        kind: that of ``WorkerLost``, or ``submission`` where the time for the whole notebook was up.
        what: what was running: ``cell`` or ``call``.
    """
    where = "here" if what == "cell" else f"during this {what}"
    return {
        "timeout": (
            Status.TIMEOUT,
            f"The {what} did not end within its time limit. Look for a loop that never ends.",
        ),
        "memory": (Status.CRASHED, f"The {what} took more memory than a submission may use."),
        "processes": (Status.CRASHED, f"The {what} started more processes than a submission may have."),
        "disk": (Status.CRASHED, f"The {what} wrote more to disk than a submission may use."),
        "submission": (Status.TIMEOUT, "The notebook as a whole took longer than a submission may."),
    }.get(
        kind,
        (Status.CRASHED, f"The Python process ended {where}. Look for `exit()`, or for very large arrays."),
    )
