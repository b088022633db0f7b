"""The last layer's refit against a least-squares problem whose answer is known."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from benchmarks.teaching_model.refit import refit


def problem() -> tuple[nn.Linear, nn.Linear, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    true, start = nn.Linear(6, 4), nn.Linear(6, 4)
    features = torch.randn(50, 9, 6)
    return true, start, features, true(features).detach()


def distance(left: nn.Linear, right: nn.Linear) -> float:
    return float((left.weight - right.weight).norm())


def test_the_whole_step_comes_near_the_answer() -> None:
    true, fc, features, evidence = problem()
    before = distance(fc, true)
    refit(fc, features, evidence, step=1.0)
    # The ridge keeps it a little on the side of where it began.
    assert distance(fc, true) < 0.05 * before


@pytest.mark.parametrize("step", [0.0, 0.4])
def test_a_part_of_the_step_goes_that_part_of_the_way(step: float) -> None:
    _, fc, features, evidence = problem()
    _, whole, _, _ = problem()
    begun = fc.weight.detach().clone()
    refit(whole, features, evidence, step=1.0)
    refit(fc, features, evidence, step=step)
    expected = begun + step * (whole.weight - begun)
    assert torch.allclose(fc.weight, expected, atol=1e-5)
