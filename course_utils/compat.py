"""Make `import torchvision` work where its compiled operators do not load."""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import torch

SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}

# A declared schema lives as long as its library object does.
_declared: list[torch.library.Library] = []


def missing_operators() -> list[str]:
    """Names among `nms` and `qnms` that torch does not know (in a fixed order)."""
    return [name for name in SCHEMAS if not hasattr(torch.ops.torchvision, name)]


def declare_torchvision_operators() -> list[str]:
    """Declare the schemas of torchvision's detection operators, only where they are missing.

    A torchvision wheel built for CUDA beside a CPU build of torch cannot load its compiled operators, and
    `import torchvision` then stops with "operator torchvision::nms does not exist". This course never calls
    those operators: that their schemas exist is enough for the import.

    Returns the names declared by this call; an empty list where nothing was missing.
    """
    if "torchvision" in sys.modules:
        return []
    # The compiled library goes first: declaring what it is about to register would make its own loading fail.
    _load_compiled_operators()
    missing = missing_operators()
    if missing:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in missing:
            library.define(SCHEMAS[name])
        _declared.append(library)
    return missing


def _load_compiled_operators() -> None:
    """Load torchvision's compiled operators without importing it; silent where that is impossible."""
    spec = find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return
    folder = Path(next(iter(spec.submodule_search_locations)))
    for suffix in EXTENSION_SUFFIXES:
        path = folder / f"_C{suffix}"
        if path.is_file():
            try:
                torch.ops.load_library(str(path))
            except OSError:
                continue
            return
