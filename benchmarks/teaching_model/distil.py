"""What the student is asked to match: the teacher's feature maps at four depths, and its logits."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F
from torchvision import models

from course_utils.backbones import IMAGENET_MEAN, IMAGENET_STD, LITE_MEAN, LITE_STD
from course_utils.lite import load_lite0

# Teacher layers and student layers of the same stride: 4, 8, 16; stride 32 goes through the head.
TEACHER_BLOCKS = (2, 4, 10)
TEACHER_CHANNELS = (24, 40, 112)
STUDENT_LAYERS = ("layer1", "layer2", "layer3")
STUDENT_CHANNELS = (64, 128, 256)


# Feature maps by growing stride, and the logits where they were computed.
Outputs = tuple[list[torch.Tensor], torch.Tensor | None]


class Teacher(nn.Module):
    """EfficientNet-Lite0, frozen; gives its feature maps at strides 4, 8, 16, 32 and its logits."""

    def __init__(self) -> None:
        super().__init__()
        self.model = load_lite0().requires_grad_(False)
        self.register_buffer("mean", torch.tensor(LITE_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(LITE_STD).view(1, 3, 1, 1))

    @torch.no_grad()
    def forward(self, pixels: torch.Tensor, depth: int = 4) -> Outputs:
        """pixels [N, 3, H, W] in [0, 1] → ([N, C, h, w] at four strides, logits [N, 1000]).

        depth: how many of the four maps to compute; below 4 there are no logits (None).
        """
        net = self.model.eval()
        x = net._swish(net._bn0(net._conv_stem((pixels - self.mean) / self.std)))
        maps = []
        for index, block in enumerate(net._blocks):
            x = block(x)
            if index in TEACHER_BLOCKS:
                maps.append(x)
            if len(maps) == depth:
                return maps, None
        x = net._head_relu(net._bn1(net._conv_head(x)))
        return [*maps, x], net._fc(x.mean(dim=(2, 3)))


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
        self.head = nn.Conv2d(512, classifier.in_features, 1)
        self.register_buffer("classifier_weight", classifier.weight.detach().clone())
        self.register_buffer("classifier_bias", classifier.bias.detach().clone())
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))

    def forward(self, pixels: torch.Tensor, depth: int = 4) -> Outputs:
        """pixels [N, 3, H, W] in [0, 1] → (maps in the teacher's channels, logits [N, 1000]); see Teacher."""
        net = self.net
        x = net.maxpool(net.relu(net.bn1(net.conv1((pixels - self.mean) / self.std))))
        maps = []
        for name, adapter in zip(STUDENT_LAYERS, self.adapters, strict=True):
            x = getattr(net, name)(x)
            maps.append(adapter(x))
            if len(maps) == depth:
                return maps, None
        last = self.head(net.layer4(x))
        logits = F.linear(last.mean(dim=(2, 3)), self.classifier_weight, self.classifier_bias)
        return [*maps, last], logits

    def freeze_first_half(self, frozen: bool) -> None:
        """Keep what comes before layer3, and its adapters, as they are; or let them learn again."""
        for part in (self.net.conv1, self.net.bn1, self.net.layer1, self.net.layer2, *self.adapters[:2]):
            part.requires_grad_(not frozen)

    def export(self) -> dict[str, torch.Tensor]:
        """The state of a plain torchvision ResNet-18 that computes the same logits."""
        state = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
        head = self.head.weight[:, :, 0, 0]
        state["fc.weight"] = (self.classifier_weight @ head).detach()
        state["fc.bias"] = (self.classifier_weight @ self.head.bias + self.classifier_bias).detach()
        return state


def loss_parts(student: Outputs, teacher: Outputs) -> dict[str, torch.Tensor]:
    """The parts of the loss; each map and the logits give about 1 to a student that knows nothing.

    maps: mean squared error at each stride, every teacher channel standardised over the batch, summed.
    logits: the same over each picture's 1000 logits. classes: Kullback-Leibler divergence of the class
    probabilities (Hinton et al. 2015, temperature 1). Without logits there are maps alone.
    """
    maps = [_standardised_error(s, t, (0, 2, 3)) for s, t in zip(student[0], teacher[0], strict=True)]
    if student[1] is None:
        return {"maps": torch.stack(maps).sum()}
    logits = _standardised_error(student[1], teacher[1], (1,))
    classes = F.kl_div(
        student[1].log_softmax(1), teacher[1].log_softmax(1), log_target=True, reduction="batchmean"
    )
    return {"maps": torch.stack(maps).sum(), "logits": logits, "classes": classes}


def _standardised_error(student: torch.Tensor, teacher: torch.Tensor, dims: tuple[int, ...]) -> torch.Tensor:
    """Mean squared error in units of the teacher's variance over `dims`, floored for silent channels."""
    variance = teacher.var(dim=dims, keepdim=True)
    floor = 0.05 * variance.mean()
    return ((student - teacher).square() / (variance + floor)).mean()
