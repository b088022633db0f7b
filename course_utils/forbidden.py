"""Let code run while some library functions refuse to work: what was done by hand shows in what is called.

Nothing here reads source code. A function is refused when it is called, under whatever name.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

CONVOLUTIONS = frozenset(
    [f"conv{n}d" for n in (1, 2, 3)]
    + [f"conv_transpose{n}d" for n in (1, 2, 3)]
    + ["conv_tbc", "convolution", "_convolution", "convolution_overrideable", "mkldnn_convolution"]
    + ["_slow_conv2d_forward", "slow_conv3d", "thnn_conv2d", "cudnn_convolution", "_conv_depthwise2d"]
    + ["convolve", "convolve1d", "convolve2d", "fftconvolve", "oaconvolve", "sepfir2d"]
    + ["correlate", "correlate1d", "correlate2d"]
)
"""The library functions that convolve or correlate, by the names they have in torch, NumPy and SciPy."""

# Looked into only where something has imported them: importing them here would cost every check its time.
_MODULES = ("numpy", "scipy.signal", "scipy.ndimage")


class NotByHand(RuntimeError):
    """A library function was called where the task is to do its work by hand."""


@contextmanager
def forbidden(names: Collection[str], namespace: dict[str, Any] | None = None) -> Iterator[None]:
    """Make the library functions called ``names`` raise :class:`NotByHand` for the length of the block.

    Torch's functions are caught however they are reached (``F.conv2d``, ``nn.Conv2d``, an imported name).
    NumPy's and SciPy's are replaced in their modules and, where given, among the names of ``namespace``.
    """
    own = namespace if isinstance(namespace, dict) else {}
    with ExitStack() as stack:
        if names:
            stack.enter_context(_TorchRefuses(frozenset(names)))
            stack.enter_context(_KernelsRefuse(frozenset(names)))
        for module in filter(None, map(sys.modules.get, _MODULES)):
            for name in names:
                original = getattr(module, name, None)
                if original is None:
                    continue
                stand_in = _refusal(f"{module.__name__}.{name}")
                stack.enter_context(patch.object(module, name, stand_in))
                for own_name in [key for key, value in own.items() if value is original]:
                    own[own_name] = stand_in
                    stack.callback(own.__setitem__, own_name, original)
        yield


class _TorchRefuses(TorchFunctionMode):
    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self.names = names

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in self.names:
            _refusal(f"torch's {name}")()
        return func(*args, **(kwargs or {}))


class _KernelsRefuse(TorchDispatchMode):
    """Refuses where torch's kernels are chosen: a scripted function comes past no Python function before that."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self.names = names

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Otherwise the first operation imports torch's compiler, which takes seconds and is of no use here. A torch
        # that does not ask for this does not import it.
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        if name in self.names:
            _refusal(f"torch's {name}")()
        return func(*args, **(kwargs or {}))


def _refusal(name: str) -> Any:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise NotByHand(
            f"{name} does here what this task asks you to do by hand: use slices, sums and products"
        )

    return refuse
