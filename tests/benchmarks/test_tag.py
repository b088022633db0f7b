"""The planted tag of lesson 8 is found by Grad-CAM, and gone after the repair."""

from __future__ import annotations

import pytest

from benchmarks.tag import measure
from course_utils.backbones import load_backbone


@pytest.mark.slow
def test_grad_cam_finds_the_tag_and_the_repair_removes_it():
    tagged, repaired = measure(load_backbone("efficientnet_lite0", "cpu", verbose=False), seed=0)
    assert (tagged.recipe, repaired.recipe) == ("tagged", "repaired")
    assert tagged.tag >= 5
    assert repaired.tag < 2
    assert repaired.animal > tagged.animal
    assert tagged.accuracies["as trained"] > 0.75
    assert tagged.accuracies["tag swapped"] < 0.5 < repaired.accuracies["tag swapped"]
