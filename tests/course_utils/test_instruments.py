"""Grad-CAM against plain autograd and numbers known by hand, and clear words where it cannot be had."""

import importlib
import subprocess
import sys
from collections import OrderedDict

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.instruments import InstrumentError, energy_ratio, grad_cam, grad_cam_batch
from course_utils.tiny_models import colour_picture, colour_spotter, oracle_network


def by_autograd(model, features, head, x, class_index):
    """Grad-CAM where the network is cut in two by hand: maps first, scores from the maps."""
    maps = features(x).detach().requires_grad_()
    (slope,) = torch.autograd.grad(head(maps.clone())[0, class_index], maps)
    small = (slope.mean((2, 3), keepdim=True) * maps.detach()).sum(1, keepdim=True).clamp(min=0)
    big = F.interpolate(small, x.shape[-2:], mode="bilinear", align_corners=False)[0, 0]
    return big / big.max() if big.max() > 0 else big


def network(inplace):
    torch.manual_seed(3)
    parts = [
        ("conv", nn.Conv2d(3, 6, 3, stride=2)),
        ("bn", nn.BatchNorm2d(6)),
        ("relu", nn.ReLU(inplace=inplace)),
        ("conv2", nn.Conv2d(6, 5, 3)),
        ("flatten", nn.Flatten()),
        ("fc", nn.Linear(5 * 12 * 10, 4)),
    ]
    return nn.Sequential(OrderedDict(parts)).eval()


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("layer", ["bn", "relu", "conv2"])
def test_agrees_with_plain_autograd(inplace, frozen, layer):
    model = network(inplace).requires_grad_(not frozen)
    x = torch.randn(1, 3, 29, 25, generator=torch.Generator().manual_seed(1))
    cut = list(dict(model.named_children())).index(layer) + 1
    for class_index in range(4):
        heatmap, index = grad_cam(model, model.get_submodule(layer), x, class_index)
        wanted = by_autograd(model, model[:cut], model[cut:], x, class_index)
        assert index == class_index
        torch.testing.assert_close(heatmap, wanted, atol=1e-5, rtol=1e-4)
    assert model.relu.inplace is inplace


def test_known_by_hand():
    x = torch.zeros(1, 3, 4, 4)
    x[0, 0] = torch.arange(16.0).view(4, 4)
    model = oracle_network()
    heatmap, index = grad_cam(model, model.relu, x)
    small = torch.tensor([[[[0.0, 4.0], [28.0, 32.5]]]])
    big = F.interpolate(small, (4, 4), mode="bilinear")[0, 0]
    assert index == 0
    torch.testing.assert_close(heatmap, big / big.max())


def test_the_predicted_class_and_a_class_without_evidence():
    model = colour_spotter()
    heatmap, index = grad_cam(model, model.relu, colour_picture())
    assert index == 1
    assert float(heatmap.max()) == 1.0
    dark, index = grad_cam(model, model.relu, colour_picture(), 3)
    assert index == 3
    assert torch.equal(dark, torch.zeros(4, 6))


def test_a_batch_is_its_pictures_one_by_one():
    model = network(False)
    images = torch.randn(19, 3, 29, 25, generator=torch.Generator().manual_seed(2))
    heatmaps, classes = grad_cam_batch(model, model.relu, images)
    assert classes == model(images).argmax(1).tolist()
    chosen, _ = grad_cam_batch(model, model.relu, images, torch.arange(19) % 4)
    for i in range(19):
        torch.testing.assert_close(heatmaps[i], grad_cam(model, model.relu, images[i : i + 1])[0])
        torch.testing.assert_close(chosen[i], grad_cam(model, model.relu, images[i : i + 1], i % 4)[0])


def test_leaves_no_trace_and_works_without_gradients_switched_on():
    model = network(True)
    images = torch.randn(2, 3, 29, 25)
    before = images.clone()
    with torch.no_grad():
        heatmaps, _ = grad_cam_batch(model, model.relu, images)
    assert not heatmaps.requires_grad
    assert torch.equal(images, before)
    assert not images.requires_grad
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_hooks or m._backward_hooks or m._forward_pre_hooks for m in model.modules())


def test_energy_ratio():
    heatmap = torch.tensor([[3.0, 1, 0, 0], [0, 0, 0, 0]])
    mask = torch.zeros(2, 4, dtype=torch.bool)
    mask[0, 0] = True
    # 3/4 of the energy on 1/8 of the area.
    assert energy_ratio(heatmap, mask) == pytest.approx(6.0)
    assert energy_ratio(torch.full((2, 4), 0.3), mask) == pytest.approx(1.0)
    assert energy_ratio(torch.zeros(2, 4), mask) == 0.0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m, x: grad_cam(m, m.relu, x.expand(2, -1, -1, -1)), "one picture"),
        (lambda m, x: grad_cam(m, m.relu, x, 9), "classes are 0 to 3"),
        (lambda m, x: grad_cam(m, nn.ReLU(), x), "none of this model's"),
        (lambda m, x: grad_cam(m, m.fc, x), "no axes of space"),
        (lambda m, x: grad_cam(m.train(), m.relu, x), "model.eval()"),
        (lambda m, x: grad_cam_batch(m, m.relu, x, [1, 2]), "one class each"),
        (lambda m, x: energy_ratio(torch.ones(2, 2), torch.zeros(2, 2)), "empty"),
        (lambda m, x: energy_ratio(torch.ones(2, 2), torch.ones(2, 3)), "lie on each other"),
    ],
)
def test_one_clear_line_for_what_cannot_be_done(call, says):
    with pytest.raises(InstrumentError, match=says) as caught:
        call(network(False), torch.randn(1, 3, 29, 25))
    assert "\n" not in str(caught.value)


def test_captum_missing_is_one_line_with_the_remedy(monkeypatch):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    model = colour_spotter()
    with pytest.raises(InstrumentError, match=r"pip install captum"):
        grad_cam(model, model.relu, colour_picture())


def test_nothing_that_lessons_1_to_6_import_brings_captum_or_the_instruments():
    code = (
        "import sys, course_utils.lesson, course_utils.display, course_utils.composites, course_utils.birds, "
        "course_utils.backbones, course_utils.lessons.grad_cam\n"
        "print([m for m in sys.modules if 'captum' in m or m == 'course_utils.instruments'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
