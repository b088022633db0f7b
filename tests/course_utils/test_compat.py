"""torchvision imports after course_utils, whether or not its compiled operators load here."""

import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(code: str) -> str:
    """What a fresh Python process prints: operators are registered once for a whole process."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_torchvision_imports_and_its_models_run():
    code = """
        import course_utils, torch
        from torchvision import models
        print(tuple(models.resnet18().eval()(torch.zeros(1, 3, 64, 64)).shape))
    """
    assert run(code) == "(1, 1000)"


def test_only_what_is_missing_is_declared_and_only_once():
    # Declaring a schema a second time raises inside torch, so a second call must see what is there. With no
    # torchvision to be found nothing compiled loads: both schemas are missing but the one made here.
    code = """
        import importlib.util, sys, types
        import torch
        find = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name == "torchvision" else find(name, *rest)
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        package = types.ModuleType("course_utils")
        package.__path__ = ["course_utils"]
        sys.modules["course_utils"] = package  # the module alone, without the package's own call
        from course_utils.compat import declare_torchvision_operators as declare, missing_operators
        print(missing_operators(), declare(), missing_operators(), declare())
    """
    assert run(code) == "['nms'] ['nms'] [] []"


def test_importing_course_utils_brings_neither_torchvision_nor_matplotlib():
    code = """
        import sys, course_utils
        print(sorted({"torchvision", "matplotlib", "captum"} & set(sys.modules)), course_utils.__version__)
    """
    assert run(code) == "[] 1.0.0"
