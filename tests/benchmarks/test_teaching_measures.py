"""The teaching model's measures, against values that follow by hand."""

import pytest
import torch
from torch import nn
from torchvision import models

from benchmarks.teaching_model import measures


def grating(u: int, v: int) -> torch.Tensor:
    """cos(2π(ux + vy)/7) on a 7×7 grid."""
    y, x = torch.meshgrid(torch.arange(7), torch.arange(7), indexing="ij")
    return torch.cos(2 * torch.pi * (u * x + v * y) / 7)


def test_concentration_of_filters_whose_spectrum_is_known():
    impulse = torch.zeros(7, 7)
    impulse[3, 3] = 1
    four = grating(1, 0) + grating(0, 2) + grating(3, 1) + grating(2, 5)
    filters = torch.stack([grating(1, 2), torch.ones(7, 7), four, impulse])[:, None].repeat(1, 3, 1, 1)
    # One frequency; the zero frequency alone; three of four equal ones; three pairs of 49 equal bins.
    expected = torch.tensor([1, 1, 3 / 4, 6 / 49])
    assert torch.allclose(measures.spectral_concentration(filters), expected, atol=1e-5)


def test_concentration_does_not_depend_on_the_filters_size():
    w = torch.randn(5, 3, 7, 7, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(measures.spectral_concentration(w), measures.spectral_concentration(-20 * w))


def test_one_random_filter_in_a_thousand_passes_for_structured():
    drawn = torch.randn(30_000, 3, 7, 7, generator=torch.Generator().manual_seed(7))
    assert 10 <= measures.structured_filters(drawn) <= 55
    torch.manual_seed(5)
    assert measures.structured_filters(models.resnet18().conv1.weight.detach()) <= 1


def test_agreement_counts_the_teachers_first_class_among_the_students_k():
    teacher = torch.tensor([[0.0, 9, 1, 2], [9, 0, 1, 2], [0, 1, 2, 9]])
    student = torch.tensor([[0.0, 9, 1, 2], [5, 9, 1, 2], [9, 8, 7, 0]])
    assert [measures.agreement(student, teacher, k) for k in (1, 2, 4)] == pytest.approx([1 / 3, 2 / 3, 1])


def test_energy_in_half():
    left = torch.zeros(4, 6)
    left[:, :3] = 2
    left[0, 5] = 6
    assert measures.energy_in_half(left, left=True) == pytest.approx(0.8)
    assert measures.energy_in_half(left, left=False) == pytest.approx(0.2)
    assert measures.energy_in_half(torch.zeros(4, 6), left=True) == 0.5


def test_grad_cam_has_the_anchor_values_of_a_network_by_hand():
    conv = nn.Conv2d(1, 2, 3)
    nn.init.ones_(conv.weight)
    conv.bias.data = torch.tensor([-50.0, -75.0])
    linear = nn.Linear(8, 4, bias=False)
    linear.weight.data = torch.tensor([[1.0, 1, 1, 1, 1, -1, -1, -1]]).repeat(4, 1)
    net = nn.Sequential(conv, nn.ReLU(), nn.Flatten(), linear, nn.ReLU())
    heatmap = measures.grad_cam(net, net[1], torch.arange(16.0).view(1, 1, 4, 4), 0)
    assert heatmap.shape == (4, 4)
    corners = heatmap[[0, 0, 3, 3], [0, 3, 0, 3]]
    assert torch.allclose(corners, torch.tensor([0, 4, 28, 32.5]))


def test_randomising_goes_from_the_logits_down_and_spares_the_original():
    net = models.resnet18(num_classes=4).eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    copied = measures.randomised(net, "layer4").state_dict()
    changed = {name.split(".")[0] for name, value in copied.items() if not torch.equal(value, before[name])}
    assert changed == {"fc", "layer4"}
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    everything = measures.randomised(net, "conv1").state_dict()
    assert not torch.equal(everything["conv1.weight"], before["conv1.weight"])
    with pytest.raises(ValueError, match="until is one of fc, layer4"):
        measures.randomised(net, "layer9")


def test_rank_correlation_of_equal_and_of_opposite_order():
    a = torch.rand(5, 5, generator=torch.Generator().manual_seed(2))
    assert measures.rank_correlation(a, a**3) == pytest.approx(1)
    assert measures.rank_correlation(a, -a) == pytest.approx(-1)
