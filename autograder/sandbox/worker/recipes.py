"""Small networks by recipe, built alike on both sides of the boundary.

A recipe is plain data, ``{"family": "residual", "seed": 7, "classes": 5}``. The marker builds it to compute what is
expected; the worker builds it to call the student's function. Weights come from the seed alone, never from the global
generator, so that the two agree and a student's ``torch.manual_seed`` changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class _Oracle(nn.Module):
    """The network on which Captum tests its attributions: every value known by hand. Takes ``[N, 3, 4, 4]``.

    Captum's has one input channel. A picture has three in every task's text, so there are two more, without weight.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.relu = nn.ReLU(inplace=inplace)
        self.head = nn.Linear(8, 4)
        self.relu2 = nn.ReLU(inplace=inplace)
        with torch.no_grad():
            self.conv.weight.zero_()[:, 0] = 1.0
            self.conv.bias.copy_(torch.tensor([-50.0, -75.0]))
            self.head.weight.copy_(torch.tensor([1.0, 1, 1, 1, 1, -1, -1, -1]).expand(4, 8))
            self.head.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu2(self.head(self.relu(self.conv(x)).flatten(1)))


class _Plain(nn.Module):
    """Convolutions and ReLUs in a row, then global average pooling and one linear layer: a network made for CAM."""

    def __init__(self, classes: int, channels: list[int], inplace: bool = False, stride: int = 2) -> None:
        super().__init__()
        c1, c2, c3 = channels
        self.conv1 = nn.Conv2d(3, c1, 5, stride=stride, padding=2)
        self.relu1 = nn.ReLU(inplace=inplace)
        self.conv2 = nn.Conv2d(c1, c2, 3, stride=stride, padding=1)
        self.relu2 = nn.ReLU(inplace=inplace)
        self.conv3 = nn.Conv2d(c2, c3, 3, padding=1)
        self.relu3 = nn.ReLU(inplace=inplace)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(c3, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        return self.head(self.pool(self.relu3(self.conv3(x))).flatten(1))


class _Block(nn.Module):
    """A residual block after He et al. 2016, with one ReLU module used twice where ``shared`` is set."""

    def __init__(self, inside: int, outside: int, stride: int, inplace: bool, shared: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.relu = nn.ReLU(inplace=inplace)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.relu2 = self.relu if shared else nn.ReLU(inplace=inplace)
        self.shortcut = nn.Conv2d(inside, outside, 1, stride=stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(out)) + self.shortcut(x))


class _Residual(nn.Module):
    """A small residual network with BatchNorm, in the manner of ResNet-18."""

    def __init__(self, classes: int, channels: list[int], inplace: bool = True, shared: bool = True) -> None:
        super().__init__()
        c1, c2, c3 = channels
        self.stem = nn.Conv2d(3, c1, 7, stride=2, padding=3, bias=False)
        self.bn = nn.BatchNorm2d(c1)
        self.relu = nn.ReLU(inplace=inplace)
        self.block1 = _Block(c1, c2, 2, inplace, shared)
        self.block2 = _Block(c2, c3, 1, inplace, shared)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(c3, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block2(self.block1(self.relu(self.bn(self.stem(x)))))
        return self.fc(self.pool(x).flatten(1))


class _Mobile(nn.Module):
    """Depthwise convolutions and ReLU6, and dropout before a head of two layers: not a CAM network."""

    def __init__(self, classes: int, channels: list[int], inplace: bool = True) -> None:
        super().__init__()
        c1, c2, c3 = channels
        self.features = nn.Sequential(
            nn.Conv2d(3, c1, 3, stride=2, padding=1),
            nn.ReLU6(inplace=inplace),
            nn.Conv2d(c1, c1, 3, padding=1, groups=c1),
            nn.BatchNorm2d(c1),
            nn.ReLU6(inplace=inplace),
            nn.Conv2d(c1, c2, 1),
            nn.MaxPool2d(2),
            nn.Conv2d(c2, c3, 3, padding=1),
        )
        self.pool = nn.AdaptiveAvgPool2d((2, 3))
        self.classifier = nn.Sequential(
            nn.Dropout(0.5), nn.Linear(c3 * 6, 16), nn.ReLU(inplace=inplace), nn.Linear(16, classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.pool(self.features(x)).flatten(1))


class _Functional(nn.Module):
    """``F.relu`` instead of modules, and names that no architecture shares."""

    def __init__(self, classes: int, channels: list[int]) -> None:
        super().__init__()
        c1, c2, c3 = channels
        self.first = nn.Conv2d(3, c1, 3, stride=2)
        self.second = nn.Conv2d(c1, c2, 3, stride=2)
        self.third = nn.Conv2d(c2, c3, 2)
        self.out = nn.Linear(c3, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.second(F.relu(self.first(x))))
        return self.out(F.relu(self.third(x)).mean((2, 3)))


class _Normed(nn.Module):
    """BatchNorm behind convolutions (2d) and behind a linear layer (1d), the head two names deep: made for transfer."""

    def __init__(self, classes: int, channels: list[int]) -> None:
        super().__init__()
        c1, c2, c3 = channels
        self.body = nn.Sequential(
            nn.Conv2d(3, c1, 3, stride=2, bias=False),
            nn.BatchNorm2d(c1),
            nn.ReLU(),
            nn.Conv2d(c1, c2, 3, stride=2, bias=False),
            nn.BatchNorm2d(c2),
            nn.ReLU(),
        )
        self.neck = nn.Sequential(nn.Linear(c2, c3), nn.BatchNorm1d(c3), nn.ReLU())
        self.top = nn.ModuleDict({"out": nn.Linear(c3, classes)})

    def forward(self, x: Tensor) -> Tensor:
        return self.top["out"](self.neck(self.body(x).mean((2, 3))))


_FAMILIES: dict[str, Callable[..., nn.Module]] = {
    "normed": _Normed,
    "plain": _Plain,
    "residual": _Residual,
    "mobile": _Mobile,
    "functional": _Functional,
}


class _Raises(nn.Module):
    """Stands in for the last layer and raises, to see whether hooks are put back then too."""

    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("this forward pass is meant to fail")


def build(recipe: dict[str, Any]) -> nn.Module:
    """Build the network of a recipe, in eval mode unless the recipe says ``"train": True``.

    Args:
        recipe: ``family`` and ``seed``, and optionally ``classes``, ``channels`` (three ints), ``inplace``,
            ``shared``, ``stride`` for the family; ``frozen`` (no parameter requires a gradient), ``train``,
            ``negative_head`` (every class weight negative, so that Grad-CAM of a ReLU layer finds nothing
            positive), ``positive_head`` (every class weight positive), ``raises`` (dotted name of a layer that
            raises when it runs), ``counts`` (count forward passes, see :func:`_count_passes`),
            ``other_mode`` (dotted names of parts in eval mode where the whole is in train mode, or the reverse),
            ``frozen_parts`` (dotted names of parts whose parameters require no gradient).
    """
    family = recipe["family"]
    if family == "oracle":
        model: nn.Module = _Oracle(**{k: recipe[k] for k in ("inplace",) if k in recipe})
    else:
        options = {k: recipe[k] for k in ("inplace", "shared", "stride") if k in recipe}
        model = _FAMILIES[family](recipe.get("classes", 5), recipe.get("channels", [6, 8, 10]), **options)
        _draw_weights(model, recipe["seed"])
    if recipe.get("negative_head") or recipe.get("positive_head"):
        _give_head_one_sign(model, -1.0 if recipe.get("negative_head") else 1.0)
    if recipe.get("frozen"):
        model.requires_grad_(False)
    if recipe.get("raises"):
        parent, _, name = recipe["raises"].rpartition(".")
        setattr(model.get_submodule(parent), name, _Raises())
    if recipe.get("counts"):
        _count_passes(model)
    for name in recipe.get("frozen_parts", ()):
        model.get_submodule(name).requires_grad_(False)
    model.train(bool(recipe.get("train")))
    for name in recipe.get("other_mode", ()):
        model.get_submodule(name).train(not recipe.get("train"))
    return model


def _count_passes(model: nn.Module) -> None:
    """Make a model count forward passes in ``type(model).passes``: those of its copies too, which share the type."""
    kind = type(model)

    def forward(self: nn.Module, x: Tensor) -> Tensor:
        counted.passes += isinstance(x, Tensor)  # a symbolic trace is no pass
        return kind.forward(self, x)

    counted = type(kind.__name__, (kind,), {"forward": forward, "passes": 0})
    model.__class__ = counted


def _draw_weights(model: nn.Module, seed: int) -> None:
    """He-scaled normal weights and lively BatchNorm statistics, in the order of ``named_modules``."""
    generator = torch.Generator().manual_seed(seed)

    def normal(shape: torch.Size, scale: float, shift: float = 0.0) -> Tensor:
        return torch.randn(shape, generator=generator) * scale + shift

    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                fan_in = module.weight[0].numel()
                module.weight.copy_(normal(module.weight.shape, (2.0 / fan_in) ** 0.5))
                if module.bias is not None:
                    module.bias.copy_(normal(module.bias.shape, 0.1))
            elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                module.weight.copy_(normal(module.weight.shape, 0.2, 1.0))
                module.bias.copy_(normal(module.bias.shape, 0.2))
                module.running_mean.copy_(normal(module.running_mean.shape, 0.2))
                module.running_var.copy_(normal(module.running_var.shape, 0.2, 1.0).abs() + 0.2)


def _give_head_one_sign(model: nn.Module, sign: float) -> None:
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        last.weight.copy_(sign * (last.weight.abs() + 0.01))
