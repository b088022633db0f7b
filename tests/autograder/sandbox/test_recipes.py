"""The small networks: alike wherever they are built, and as each lesson needs them."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from autograder.sandbox.worker.recipes import build

FAMILIES = ("plain", "residual", "mobile", "functional")


def numbers(model: nn.Module) -> torch.Tensor:
    return torch.cat([value.flatten().double() for value in model.state_dict().values()])


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_come_from_the_seed_alone(family: str) -> None:
    recipe = {"family": family, "seed": 2**62 + 1}
    torch.manual_seed(1)
    first = numbers(build(recipe))
    torch.manual_seed(2)
    assert torch.equal(first, numbers(build(recipe)))
    assert not torch.equal(first, numbers(build({**recipe, "seed": 3})))


def test_another_process_builds_the_same() -> None:
    code = (
        "import torch; torch.manual_seed(7); torch.set_num_threads(1)\n"
        "from autograder.sandbox.worker.recipes import build\n"
        "for family in ('plain', 'residual', 'mobile', 'functional'):\n"
        "    values = build({'family': family, 'seed': 11}).state_dict().values()\n"
        "    print(float(torch.cat([v.flatten().double() for v in values]).sum()).hex())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    here = [float(numbers(build({"family": family, "seed": 11})).sum()).hex() for family in FAMILIES]
    assert run.stdout.split() == here


@pytest.mark.parametrize("family", FAMILIES)
def test_any_picture_size_and_as_many_classes_as_asked(family: str) -> None:
    for classes, size in ((3, (33, 47)), (7, (64, 40))):
        model = build({"family": family, "seed": 1, "classes": classes, "channels": [5, 6, 7]})
        assert not model.training
        assert tuple(model(torch.randn(2, 3, *size)).shape) == (2, classes)


def test_flags() -> None:
    assert build({"family": "residual", "seed": 1, "train": True}).training
    frozen = build({"family": "residual", "seed": 1, "frozen": True})
    assert not any(p.requires_grad for p in frozen.parameters())
    assert all(p.grad is None for p in frozen.parameters())
    for inplace in (True, False):
        model = build({"family": "mobile", "seed": 1, "inplace": inplace})
        assert {m.inplace for m in model.modules() if isinstance(m, (nn.ReLU, nn.ReLU6))} == {inplace}
    shared = build({"family": "residual", "seed": 1})
    assert shared.block1.relu is shared.block1.relu2
    assert (build({"family": "plain", "seed": 1, "negative_head": True}).head.weight < 0).all()
    assert (build({"family": "plain", "seed": 1, "positive_head": True}).head.weight > 0).all()


def test_a_layer_that_raises() -> None:
    model = build({"family": "mobile", "seed": 1, "raises": "classifier.3"})
    with pytest.raises(RuntimeError, match="meant to fail"):
        model(torch.randn(1, 3, 32, 32))


def test_the_small_network_known_by_hand() -> None:
    x = torch.randn(1, 3, 4, 4)  # what the second and third channel hold is not looked at
    x[0, 0] = torch.arange(16.0).view(4, 4)
    assert build({"family": "oracle", "seed": 5})(x).tolist() == [[54.0] * 4]
