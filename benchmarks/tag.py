"""Does Grad-CAM find the planted tag of lesson 8, and is it gone after the repair? Measured over several seeds.

    python -m benchmarks.tag [--seeds 3] [--backbone efficientnet_lite0]

For each seed the lesson's recipe: 64 pictures, all layers frozen but a new head, eight epochs of Adam. The model
trained with the tag on one class alone, and the repaired one, trained with the tag on half of both classes. Both see
the same animals on the same land. Test animals are never seen in training.
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor, nn

from course_utils.backbones import Backbone, load_backbone
from course_utils.birds import normalised
from course_utils.instruments import energy_ratio, grad_cam_batch
from course_utils.tagged_animals import AnimalSet, tagged_animals

TRAIN_COUNT, TEST_COUNT = 64, 40
EPOCHS, BATCH, LEARNING_RATE = 8, 16, 5e-3
# Shares of tagged pictures in the two classes, for training.
RECIPES = {"tagged": (1, 0), "repaired": (0.5, 0.5)}
# What it is tested on: data like the tagged model's own, no tag at all, the tag on the other class alone.
TESTS = {"as trained": (1, 0), "no tag": (0, 0), "tag swapped": (0, 1)}


@dataclass(frozen=True)
class TagResult:
    """One model. accuracies: test set → share right. tag, animal: the mean over the tagged test pictures of class 0
    of (share of the heatmap's energy ÷ share of the area) on the tag and on the animal."""

    recipe: str
    accuracies: dict[str, float]
    tag: float
    animal: float


def measure(backbone: Backbone, seed: int) -> list[TagResult]:
    """Train and measure both models of one seed."""
    return [_measure_one(backbone, recipe, seed) for recipe in RECIPES]


def _measure_one(backbone: Backbone, recipe: str, seed: int) -> TagResult:
    model = train(backbone, tagged_animals(TRAIN_COUNT, RECIPES[recipe], seed), seed)
    tests = {name: tagged_animals(TEST_COUNT, shares, seed, "test") for name, shares in TESTS.items()}
    right = {}
    for name, test in tests.items():
        with torch.no_grad():
            answers = torch.cat([model(part).argmax(1) for part in inputs(backbone, test).split(BATCH)]).cpu()
        right[name] = float((answers == test.labels).float().mean())
    seen = tests["as trained"]
    own = seen.labels == 0
    layer = model.get_submodule(backbone.layer_names["gradcam_layer"])
    heatmaps, _ = grad_cam_batch(model, layer, inputs(backbone, seen)[own], [0] * int(own.sum()))
    tag, animal = (
        sum(energy_ratio(h, m) for h, m in zip(heatmaps, masks[own], strict=True)) / int(own.sum())
        for masks in (seen.tags, seen.animals)
    )
    return TagResult(recipe, right, tag, animal)


def train(backbone: Backbone, pictures: AnimalSet, seed: int) -> nn.Module:
    """A copy of the backbone with a new head for the two classes, and that head trained; in eval mode.

    The frozen layers give the same features in every epoch, so the head is trained on features computed once.
    """
    model = copy.deepcopy(backbone.model).requires_grad_(False)
    name = head_name(model)
    old = model.get_submodule(name)
    torch.manual_seed(seed)
    head = nn.Linear(old.in_features, 2).to(backbone.device)
    features = _entering(model, old, inputs(backbone, pictures))
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, head)
    optimizer = torch.optim.Adam(head.parameters(), lr=LEARNING_RATE)
    labels = pictures.labels.to(backbone.device)
    for _ in range(EPOCHS):
        for part in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(head(features[part]), labels[part]).backward()
            optimizer.step()
    return model.eval()


def head_name(model: nn.Module) -> str:
    """The dotted name of the last linear layer, the classifier's head."""
    return [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]


def inputs(backbone: Backbone, pictures: AnimalSet) -> Tensor:
    """The pictures as the backbone wants them, [N, 3, S, S] on its device."""
    return normalised(pictures.images, backbone.mean, backbone.std).to(backbone.device)


def _entering(model: nn.Module, layer: nn.Module, images: Tensor) -> Tensor:
    """What enters a layer for each picture, detached."""
    kept: list[Tensor] = []
    handle = layer.register_forward_pre_hook(lambda module, args: kept.append(args[0].detach().clone()))
    try:
        with torch.no_grad():
            for part in images.split(BATCH):
                model(part)
    finally:
        handle.remove()
    return torch.cat(kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds, from 0")
    parser.add_argument(
        "--backbone", default=None, help="one of the course's backbones (default: the course's rule)"
    )
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error("--seeds has to be at least 1")
    backbone = load_backbone(arguments.backbone)
    print(
        f"{'seed':>4}  {'model':8}  "
        + "  ".join(f"{name:>11}" for name in TESTS)
        + "  energy/area: tag  animal"
    )
    results = []
    for seed in range(arguments.seeds):
        for result in measure(backbone, seed):
            results.append(result)
            shares = "  ".join(f"{result.accuracies[name]:11.2f}" for name in TESTS)
            print(
                f"{seed:4}  {result.recipe:8}  {shares}  {result.tag:16.2f}  {result.animal:6.2f}", flush=True
            )
    for recipe in RECIPES:
        own = [result for result in results if result.recipe == recipe]
        shares = "  ".join(f"{median(r.accuracies[name] for r in own):11.2f}" for name in TESTS)
        tag, animal = median(r.tag for r in own), median(r.animal for r in own)
        print(f"{'med.':>4}  {recipe:8}  {shares}  {tag:16.2f}  {animal:6.2f}")


if __name__ == "__main__":
    main()
