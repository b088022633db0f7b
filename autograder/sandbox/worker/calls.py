"""Answers one call: builds the arguments, calls the student's function, reports what came back and what changed."""

from __future__ import annotations

import gc
from typing import Any

import torch

from course_utils.forbidden import forbidden

from .arguments import build_arguments
from .limits import TimeLimit, cpu_time
from .shell import BoundedText, describe_error, printed_to
from .stand_ins import use_cpu_instead, wants_gpu
from .state import Snapshot
from .values import encode


def perform(
    namespace: dict[str, Any],
    request: dict[str, Any],
    sent: dict[str, torch.Tensor],
    earlier: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Call a function of the notebook.

    Args:
        namespace: the notebook's global names.
        request: ``function``, ``args`` (specs), ``kwargs`` (name to spec index in ``args``), ``repeat`` (calls on the same
            arguments), ``seconds`` (CPU time), ``device``, ``after`` (specs of values to read once the call is done),
            ``forbid`` (names of library functions that raise during the call).
        sent: tensors that the specs name.
        earlier: functions that the notebook's names held before; called where a name now holds something else.

    Returns:
        The answer and its tensors: ``status`` is ``ok``, ``missing``, ``error`` or ``timeout``.
    """
    name = request["function"]
    function = namespace.get(name)
    if name in namespace and not callable(function):
        # After `cam = cam(...)` in a cell of the student's own, the task is as solved as it was before.
        function = (earlier or {}).get(name, function)
    if not callable(function):
        kind = "missing" if function is None else f"{type(function).__name__}"[:80]
        return {"status": "missing", "found": kind}, {}
    answer, tensors = _attempt(function, request, sent)
    if answer.pop("wants_gpu", False):
        use_cpu_instead()
        answer, tensors = _attempt(function, request, sent)
        answer.pop("wants_gpu", None)
    return answer, tensors


def _attempt(
    function: Any, request: dict[str, Any], sent: dict[str, torch.Tensor]
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    reset_switches()
    arguments = build_arguments(request["args"], sent, request.get("device", "cpu"))
    named = request.get("kwargs", {})
    positional = [a for i, a in enumerate(arguments) if i not in set(named.values())]
    keywords = {name: arguments[i] for name, i in named.items()}
    # A task whose job is to change the model is looked at through `after`, not through what changed.
    before = Snapshot(arguments) if request.get("watch", True) else None
    tensors: dict[str, torch.Tensor] = {}
    notes: set[str] = set()
    values, printed = [], BoundedText(2_000)
    try:
        names = getattr(function, "__globals__", None)
        by_hand = forbidden(request.get("forbid", ()), names)
        with printed_to(printed), cpu_time(request["seconds"]), by_hand:
            for _ in range(request.get("repeat", 1)):
                result = function(*positional, **keywords)
                values.append(encode(result, tensors, notes))
    except TimeLimit:
        return {"status": "timeout"}, {}
    except BaseException as error:
        if request.get("expect_error"):
            changes = (before.changes() if before else []) + switches_changed()
            return {"status": "raised", "error": describe_error(error), "changes": changes}, {}
        if not values:
            return {"status": "error", "error": describe_error(error), "wants_gpu": wants_gpu(error)}, {}
        # The first call gave its value; that a later one raises is for the marker to see in the missing value.
    changes = (before.changes() if before else []) + sorted(notes) + switches_changed()
    after = [encode(_look(arguments, result, path), tensors) for path in request.get("after", [])]
    return {"status": "ok", "values": values, "changes": changes, "after": after}, tensors


def _look(arguments: list[Any], result: Any, look: dict[str, Any]) -> Any:
    """Read one thing of an argument once the call is done; the list of what can be read is closed."""
    target = arguments[look["argument"]] if "argument" in look else result
    try:
        if look["read"] == "parameters":
            return dict(target.named_parameters())
        if look["read"] == "buffers":
            return dict(target.named_buffers())
        if look["read"] == "requires_grad":
            return {name: p.requires_grad for name, p in target.named_parameters()}
        if look["read"] == "training":
            return {name: m.training for name, m in target.named_modules()}
        if look["read"] == "layer_type":
            return type(target.get_submodule(look["name"])).__name__
        if look["read"] == "linear":
            layer = target.get_submodule(look["name"])
            return {
                "type": type(layer).__name__,
                "in": layer.in_features,
                "out": layer.out_features,
                "bias": layer.bias is not None,
                # Some of an earlier layer's weights: a fresh one has others.
                "fresh": not torch.allclose(
                    layer.weight.detach().cpu().flatten()[: len(look["old"])], torch.tensor(look["old"])
                ),
            }
        if look["read"] == "is_argument":
            return target is arguments[look["of"]]
        if look["read"] == "passes":
            return type(target).passes
        if look["read"] == "forward":
            training = target.training
            with torch.no_grad():
                output = target.eval()(arguments[look["of"]])
            target.train(training)
            return output
    except Exception as error:  # a result that is no model at all: said as data, judged by the marker
        return f"{type(error).__name__}: {error}"[:200]
    raise ValueError(f"nothing to read called {look['read']!r}")


def reset_switches() -> None:
    """Put torch's global switches where a fresh notebook has them: a switch left on is no mistake of the next task."""
    while torch.is_inference_mode_enabled() and len(_left_inference) < 8:
        left = torch.inference_mode(False)
        left.__enter__()
        _left_inference.append(left)  # kept, since the mode ends with the object
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.use_deterministic_algorithms(False)
    torch.autograd.set_detect_anomaly(False)
    gc.enable()


_left_inference: list[Any] = []


def switches_changed() -> list[str]:
    """The code ``switches_changed`` where a call left a global switch other than it found it."""
    changed = (
        not torch.is_grad_enabled()
        or torch.is_inference_mode_enabled()
        or torch.get_default_dtype() is not torch.float32
        or torch.get_default_device().type != "cpu"
        or torch.are_deterministic_algorithms_enabled()
        or torch.is_anomaly_enabled()
    )
    return ["switches_changed"] if changed else []
