"""The oracles against values known by hand, against Captum, and against a second way of computing each."""

from __future__ import annotations

import pytest
import torch
from captum.attr import Deconvolution, GuidedBackprop, LayerGradCam
from torch import Tensor, nn

from autograder.checks import oracles
from autograder.sandbox.worker.recipes import build

SMALL_X = torch.zeros(1, 3, 4, 4)
SMALL_X[0, 0] = torch.arange(16.0).view(4, 4)
CLOSE = {"atol": 1e-4, "rtol": 0}


def small_network(inplace: bool = False) -> nn.Module:
    return build({"family": "oracle", "seed": 0, "inplace": inplace})


def grad_cam_at(model: nn.Module, name: str, x: Tensor, index: int) -> Tensor:
    return oracles.grad_cam_small(*oracles.output_and_gradient(model, model.get_submodule(name), x, index))


def test_score_of_the_small_network() -> None:
    assert small_network()(SMALL_X)[0, 0] == 54


@pytest.mark.parametrize(
    ("layer", "expected"),
    [("conv", [[11.25, 13.5], [20.25, 22.5]]), ("relu", [[0, 4], [28, 32.5]])],
)
def test_grad_cam_of_the_small_network(layer: str, expected: list[list[float]]) -> None:
    got = grad_cam_at(small_network(), layer, SMALL_X, 0)
    torch.testing.assert_close(got, torch.tensor(expected, dtype=torch.float32), **CLOSE)


def test_gradient_times_activation_sums_to_the_score() -> None:
    model = small_network()
    output, gradient = oracles.output_and_gradient(model, model.relu, SMALL_X, 0)
    product = (output * gradient)[0].sum(0)
    torch.testing.assert_close(product, torch.tensor([[0.0, 4], [25, 25]]), **CLOSE)
    assert float(product.sum()) == pytest.approx(54)


@pytest.mark.parametrize("inplace", [False, True])
def test_pixel_maps_of_the_small_network(inplace: bool) -> None:
    model = small_network(inplace)
    saliency = torch.tensor([[0.0, 1, 1, 1]] * 3 + [[0.0] * 4])
    guided = torch.tensor([[0.0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]])
    deconv = torch.tensor([[2.0, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]])
    torch.testing.assert_close(oracles.saliency(model, SMALL_X, 0), saliency, **CLOSE)
    torch.testing.assert_close(oracles.guided_backprop(model, SMALL_X, 0)[0], guided, **CLOSE)
    torch.testing.assert_close(oracles.deconvnet(model, SMALL_X, 0)[0], deconv, **CLOSE)


LAYERS = [
    ({"family": "plain", "seed": 1}, "conv3"),
    ({"family": "plain", "seed": 2, "stride": 1}, "relu2"),
    ({"family": "residual", "seed": 3, "inplace": False, "shared": False}, "block2"),
    ({"family": "residual", "seed": 4}, "block2.bn2"),
    ({"family": "mobile", "seed": 5}, "features.7"),
    ({"family": "functional", "seed": 6, "classes": 3}, "second"),
]


@pytest.mark.parametrize(("recipe", "layer"), LAYERS, ids=lambda v: v if isinstance(v, str) else v["family"])
def test_grad_cam_is_captums(recipe: dict, layer: str) -> None:
    model, x = build(recipe), torch.randn(1, 3, 37, 50, generator=torch.Generator().manual_seed(1))
    for index in range(3):
        captum = LayerGradCam(model, model.get_submodule(layer)).attribute(x, index, relu_attributions=False)
        torch.testing.assert_close(
            grad_cam_at(model, layer, x, index), captum[0, 0].detach(), atol=1e-5, rtol=1e-4
        )


# Captum meets each ReLU module once and no ReLU6: what else the course asks for is held against a second way below.
@pytest.mark.parametrize(
    "recipe",
    [{"family": "plain", "seed": 1}, {"family": "residual", "seed": 2, "inplace": False, "shared": False}],
    ids=lambda recipe: recipe["family"],
)
@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
def test_guided_and_deconvnet_are_captums(recipe: dict) -> None:
    model, x = build(recipe), torch.randn(1, 3, 29, 34, generator=torch.Generator().manual_seed(2))
    for index in (0, 2):
        guided = GuidedBackprop(build(recipe)).attribute(x, index)[0].detach()
        deconv = Deconvolution(build(recipe)).attribute(x, index)[0].detach()
        torch.testing.assert_close(oracles.guided_backprop(model, x, index), guided, atol=1e-5, rtol=0)
        torch.testing.assert_close(oracles.deconvnet(model, x, index), deconv, atol=1e-5, rtol=0)
        assert (guided - deconv).abs().max() > 1e-3


class _Rule(torch.autograd.Function):
    """A ReLU (or ReLU6) with the backward rule written out: the second way."""

    @staticmethod
    def forward(ctx, x, top, guided):
        ctx.save_for_backward((x > 0) & (x < top))
        ctx.guided = guided
        return x.clamp(0, top)

    @staticmethod
    def backward(ctx, gradient):
        passed = torch.where(gradient > 0, gradient, torch.zeros_like(gradient))
        return passed * ctx.saved_tensors[0] if ctx.guided else passed, None, None


class _RuledReLU(nn.Module):
    def __init__(self, top: float, guided: bool) -> None:
        super().__init__()
        self.top, self.guided = top, guided

    def forward(self, x: Tensor) -> Tensor:
        return _Rule.apply(x, self.top, self.guided)


def with_rules(module: nn.Module, guided: bool) -> nn.Module:
    for name, child in list(module._modules.items()):  # named_children leaves out a module's second name
        if isinstance(child, (nn.ReLU, nn.ReLU6)):
            setattr(module, name, _RuledReLU(6.0 if isinstance(child, nn.ReLU6) else float("inf"), guided))
        else:
            with_rules(child, guided)
    return module


@pytest.mark.parametrize("family", ["plain", "residual", "mobile"])
@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("guided", [False, True])
def test_guided_and_deconvnet_the_second_way(family: str, inplace: bool, guided: bool) -> None:
    recipe = {"family": family, "seed": 8, "inplace": inplace}
    # Large, so that ReLU6 meets values above 6.
    x = 30 * torch.randn(1, 3, 32, 44, generator=torch.Generator().manual_seed(3))
    source = x.clone().requires_grad_(True)
    (expected,) = torch.autograd.grad(with_rules(build(recipe), guided)(source)[0, 1], source)
    way = oracles.guided_backprop if guided else oracles.deconvnet
    got = way(build(recipe), x, 1)
    torch.testing.assert_close(got, expected[0], atol=1e-5 * float(expected.abs().max()), rtol=0)
    assert got.abs().max() > 0


@pytest.mark.parametrize("way", [oracles.guided_backprop, oracles.deconvnet, oracles.saliency])
def test_pixel_maps_leave_nothing_behind(way) -> None:
    model = build({"family": "residual", "seed": 1, "frozen": True})
    x = torch.randn(1, 3, 20, 20)
    first = way(model, x, 0)
    assert torch.equal(first, way(model, x, 0))
    assert not x.requires_grad
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in model.modules())
    assert all(p.grad is None for p in model.parameters())


def test_heatmap_of_nothing_positive_is_zero() -> None:
    output, gradient = torch.ones(1, 2, 3, 4), -torch.ones(1, 2, 3, 4)
    assert torch.equal(oracles.grad_cam_heatmap(output, gradient, (7, 9)), torch.zeros(7, 9))
