"""What the student is asked to match: the teacher's feature maps at four depths, its pooled features, its logits."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F
from torchvision import models

from course_utils.backbones import IMAGENET_MEAN, IMAGENET_STD, LITE_MEAN, LITE_STD
from course_utils.lite import load_lite0

# Teacher blocks and student layers whose outputs have the same stride: 4, 8, 16, 32.
TEACHER_BLOCKS = (2, 4, 10, 15)
TEACHER_CHANNELS = (24, 40, 112, 320)
STUDENT_LAYERS = ("layer1", "layer2", "layer3", "layer4")
STUDENT_CHANNELS = (64, 128, 256, 512)


class Outputs(NamedTuple):
    """Maps [N, C, h, w] by growing stride; with all four of them pooled features [N, 1280], logits [N, 1000]."""

    maps: list[torch.Tensor]
    features: torch.Tensor | None = None
    logits: torch.Tensor | None = None


class Teacher(nn.Module):
    """EfficientNet-Lite0, frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.model = load_lite0().requires_grad_(False)
        self.register_buffer("mean", torch.tensor(LITE_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(LITE_STD).view(1, 3, 1, 1))

    @torch.no_grad()
    def forward(self, pixels: torch.Tensor, depth: int = 4) -> Outputs:
        """pixels [N, 3, H, W] in [0, 1] → its outputs; depth: how many of the four maps to compute."""
        net = self.model.eval()
        x = net._swish(net._bn0(net._conv_stem((pixels - self.mean) / self.std)))
        maps = []
        for index, block in enumerate(net._blocks):
            x = block(x)
            if index in TEACHER_BLOCKS:
                maps.append(x)
            if len(maps) == depth < 4:
                return Outputs(maps)
        features = net._head_relu(net._bn1(net._conv_head(x))).mean(dim=(2, 3))
        return Outputs(maps, features, net._fc(features))


class Student(nn.Module):
    """torchvision's ResNet-18 with what only training needs: 1×1 adapters and the teacher's classifier.

    The student's classes come from `head` (512 → 1280, linear) and the teacher's own frozen classifier behind
    it. Both are linear, so that `export` folds them into one ordinary 512 → 1000 layer.
    """

    def __init__(self, classifier: nn.Linear) -> None:
        super().__init__()
        self.net = models.resnet18()
        self.adapters = nn.ModuleList(
            nn.Conv2d(a, b, 1) for a, b in zip(STUDENT_CHANNELS, TEACHER_CHANNELS, strict=True)
        )
        self.head = nn.Linear(STUDENT_CHANNELS[-1], classifier.in_features)
        self.register_buffer("classifier_weight", classifier.weight.detach().clone())
        self.register_buffer("classifier_bias", classifier.bias.detach().clone())
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))

    def forward(self, pixels: torch.Tensor, depth: int = 4) -> Outputs:
        """pixels [N, 3, H, W] in [0, 1] → outputs in the teacher's channels; depth as there."""
        x = self.stem(pixels)
        maps = []
        for name, adapter in zip(STUDENT_LAYERS[:depth], self.adapters, strict=False):
            x = getattr(self.net, name)(x)
            maps.append(adapter(x))
        return Outputs(maps, *self.classify(x)) if depth == 4 else Outputs(maps)

    def stem(self, pixels: torch.Tensor) -> torch.Tensor:
        """pixels in [0, 1] → what enters layer1."""
        net = self.net
        return net.maxpool(net.relu(net.bn1(net.conv1((pixels - self.mean) / self.std))))

    def classify(self, last: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """layer4's output → (features, logits)."""
        features = self.head(last.mean(dim=(2, 3)))
        return features, F.linear(features, self.classifier_weight, self.classifier_bias)

    @torch.no_grad()
    def before_last(self, pixels: torch.Tensor) -> torch.Tensor:
        """pixels in [0, 1] → layer3's output, for training layer4 on it alone."""
        x = self.stem(pixels)
        for name in STUDENT_LAYERS[:3]:
            x = getattr(self.net, name)(x)
        return x

    def last(self, before: torch.Tensor) -> Outputs:
        """layer3's output → the last map, features and logits."""
        x = self.net.layer4(before)
        return Outputs([self.adapters[3](x)], *self.classify(x))

    def train_from(self, first: int) -> None:
        """Let layer `first` (1 to 4) and what follows learn; 1 includes conv1. What comes before stays as it is."""
        parts = [nn.ModuleList([self.net.conv1, self.net.bn1, self.net.layer1, self.adapters[0]])]
        parts += [nn.ModuleList([getattr(self.net, f"layer{n}"), self.adapters[n - 1]]) for n in (2, 3, 4)]
        for number, part in enumerate(parts, start=1):
            part.requires_grad_(number >= first)

    def export(self) -> dict[str, torch.Tensor]:
        """The state of a plain torchvision ResNet-18 that computes the same logits."""
        state = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
        state["fc.weight"] = (self.classifier_weight @ self.head.weight).detach()
        state["fc.bias"] = (self.classifier_weight @ self.head.bias + self.classifier_bias).detach()
        return state


def loss_parts(student: Outputs, teacher: Outputs) -> dict[str, torch.Tensor]:
    """The parts of the loss; a student that knows nothing gets about 1 for each map, features and logits.

    maps: mean squared error at each stride, every teacher channel standardised over the batch, summed. features,
    logits: the same over the pooled features and over each picture's 1000 logits. classes: Kullback-Leibler
    divergence of the class probabilities (Hinton et al. 2015, temperature 1). Without logits there are maps alone.
    """
    maps = [_standardised_error(s, t, (0, 2, 3)) for s, t in zip(student.maps, teacher.maps, strict=True)]
    parts = {"maps": torch.stack(maps).sum()}
    if student.logits is None:
        return parts
    parts["features"] = _standardised_error(student.features, teacher.features, (0,))
    parts["logits"] = _standardised_error(student.logits, teacher.logits, (1,))
    log_classes = student.logits.log_softmax(1)
    parts["classes"] = F.kl_div(
        log_classes, teacher.logits.log_softmax(1), log_target=True, reduction="batchmean"
    )
    return parts


def _standardised_error(student: torch.Tensor, teacher: torch.Tensor, dims: tuple[int, ...]) -> torch.Tensor:
    """Mean squared error in units of the teacher's variance over `dims`, floored for silent channels."""
    variance = teacher.var(dim=dims, keepdim=True)
    floor = 0.05 * variance.mean() + 1e-6  # a batch may hold equal pictures only
    return ((student - teacher).square() / (variance + floor)).mean()
