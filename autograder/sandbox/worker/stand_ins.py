"""Stand-ins for what a student's notebook may expect of Colab or of a GPU, and what the sandbox refuses.

Correct work that was written in Colab should run here unchanged; none of this touches the student's own functions.
"""

from __future__ import annotations

import builtins
import functools
import os
import shutil
import sys
import types
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_NO_GPU = (
    "not compiled with CUDA",
    "No CUDA GPUs",
    "NVIDIA driver",
    "CUDA is not available",
    "is_available() is False",
)


def install_colab() -> None:
    """Put a quiet ``google.colab`` into ``sys.modules``: nothing uploads, downloads or mounts."""
    google = sys.modules.setdefault("google", types.ModuleType("google"))
    colab = types.ModuleType("google.colab")
    colab.__path__ = []  # type: ignore[attr-defined]
    google.colab = colab  # type: ignore[attr-defined]
    parts = {
        "files": {"upload": lambda *a, **k: {}, "download": _nothing, "view": _nothing},
        "drive": {"mount": _nothing, "flush_and_unmount": _nothing},
        "output": {"clear": _nothing, "enable_custom_widget_manager": _nothing, "eval_js": _nothing},
        "userdata": {"get": _nothing},
        "patches": {"cv2_imshow": _nothing},
        "data_table": {"enable_dataframe_formatter": _nothing},
        "auth": {"authenticate_user": _nothing},
    }
    sys.modules["google.colab"] = colab
    for name, members in parts.items():
        module = types.ModuleType(f"google.colab.{name}")
        for member, value in members.items():
            setattr(module, member, value)
        setattr(colab, name, module)
        sys.modules[f"google.colab.{name}"] = module


def _nothing(*args: Any, **kwargs: Any) -> None:
    return None


def swallow_refused_modes() -> None:
    """Let ``shutil.copy`` and friends work where changing a file's mode, owner or times is refused.

    The sandbox refuses these calls for every path, since Landlock cannot confine them; without this, copying a file
    would raise after it has copied.
    """

    def quiet(function: Any) -> Any:
        def wrapper(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except PermissionError:
                return None

        return wrapper

    for name in ("chmod", "fchmod", "chown", "fchown", "lchown", "utime", "setxattr", "removexattr"):
        if hasattr(os, name):
            setattr(os, name, quiet(getattr(os, name)))
    shutil.copystat = quiet(shutil.copystat)


def fit_one_process() -> None:
    """Let code run that asks for threads, helper processes or a person, none of which is to be had here.

    A fork of a process whose torch has used several threads hangs, and each task is such a fork: the number of threads
    stays at one, whatever a notebook asks for. Data loaders load in the process itself.
    """
    torch.set_num_threads = torch.set_num_interop_threads = _nothing
    torch.Tensor.share_memory_ = lambda self: self  # type: ignore[method-assign]
    original = torch.utils.data.DataLoader.__init__

    @functools.wraps(original)
    def without_helpers(self: Any, *args: Any, **kwargs: Any) -> None:
        for name in ("prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout"):
            kwargs.pop(name, None)
        if len(args) > 5:  # dataset, batch_size, shuffle, sampler, batch_sampler, num_workers
            args = (*args[:5], 0, *args[6:])
        else:
            kwargs["num_workers"] = 0
        original(self, *args, **kwargs)

    torch.utils.data.DataLoader.__init__ = without_helpers  # type: ignore[method-assign]
    builtins.input = _Input()  # type: ignore[assignment]


class _Input:
    """``input()`` where nobody types: an empty line each time, until a loop shows that it waits for something else."""

    def __init__(self) -> None:
        self.left = 20

    def __call__(self, prompt: object = "", /) -> str:
        print(prompt)
        self.left -= 1
        if self.left < 0:
            raise EOFError("nobody is there to type while a notebook is marked")
        return ""


def wants_gpu(error: BaseException) -> bool:
    """Whether an error says that code asked for a GPU on a machine that has none."""
    return isinstance(error, (RuntimeError, AssertionError)) and any(part in str(error) for part in _NO_GPU)


class CpuInstead(TorchFunctionMode):
    """While active, every request for a CUDA device gets the CPU.

    Turned on only after code has failed for want of a GPU, because it costs a little on every torch call.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = {name: _cpu(value) for name, value in (kwargs or {}).items()}
        if func is torch.Tensor.cuda:
            return args[0]
        if getattr(func, "__name__", "") == "to" or "device" in kwargs:
            args = tuple(_cpu(value) for value in args)
        return func(*args, **kwargs)


def _cpu(value: Any) -> Any:
    if isinstance(value, torch.device) and value.type == "cuda":
        return torch.device("cpu")
    if isinstance(value, str) and (value == "cuda" or value.startswith("cuda:")):
        return "cpu"
    return value


def use_cpu_instead() -> CpuInstead:
    """Turn the redirection on for the rest of this process and of its forks."""
    mode = CpuInstead()
    mode.__enter__()
    torch.nn.Module.cuda = lambda self, device=None: self  # type: ignore[method-assign, assignment]
    torch.Tensor.cuda = lambda self, *args, **kwargs: self  # type: ignore[method-assign, assignment]
    torch.cuda.synchronize = _nothing
    original = torch.nn.Module.to
    torch.nn.Module.to = (  # type: ignore[method-assign]
        lambda self, *args, **kwargs: original(
            self, *(_cpu(a) for a in args), **{k: _cpu(v) for k, v in kwargs.items()}
        )
    )
    return mode
