"""Measure the shipped teaching model: `python -m benchmarks.teaching_model.evaluate [--json]`."""

from __future__ import annotations

import argparse
import json
from itertools import combinations
from pathlib import Path

import torch
from torchvision import models

from benchmarks.teaching_model import measures
from benchmarks.teaching_model.distil import Teacher
from benchmarks.teaching_model.pictures import Pictures, read_pictures
from course_utils.backbones import IMAGENET_MEAN, IMAGENET_STD, TEACHING_WEIGHTS, Backbone, load_backbone
from course_utils.composites import TwoAnimals, two_animals
from course_utils.images import load_picture

# Animals that both the lessons and ImageNet know; every two of them make a two-animal picture.
ANIMALS = (
    "zebra",
    "elephant",
    "tiger",
    "pelican",
    "malamute",
    "rooster",
    "flamingo",
    "bison",
    "koala",
    "lion",
)
OWN_HALF = 0.85
COMPOSITES = 120
BEST = 10  # pairs listed


def filters(backbone: Backbone) -> dict:
    """First layer: structured filters of 64, beside a random network's."""
    torch.manual_seed(0)
    fresh = models.resnet18().conv1.weight.detach()
    weight = backbone.first_conv.weight.detach()
    return {
        "structured": measures.structured_filters(weight),
        "structured_in_a_random_network": measures.structured_filters(fresh),
        "of": weight.shape[0],
        "threshold": round(measures.random_threshold(), 3),
        "median_concentration": round(measures.spectral_concentration(weight).median().item(), 3),
        "median_concentration_random": round(measures.spectral_concentration(fresh).median().item(), 3),
    }


@torch.no_grad()
def logits(backbone: Backbone, teacher: Teacher, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(student's, teacher's) logits of pictures [N, 3, 224, 224] in [0, 1], a few at a time."""
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    found = [(backbone.model((x - mean) / std), teacher(x).logits) for x in pixels.split(16)]
    return torch.cat([s for s, _ in found]), torch.cat([t for _, t in found])


def agreements(backbone: Backbone) -> dict:
    """Agreement with the teacher's first class on composites, by what of them was held out of training."""
    seen, unseen = read_pictures().split()
    teacher = Teacher()
    groups = {
        "held_out_cutouts_and_backgrounds": unseen,
        "held_out_backgrounds": Pictures(seen.cutouts, unseen.photographs),
        "lessons_animals_on_held_out_backgrounds": Pictures(
            [p for p in seen.cutouts if p.in_lessons], unseen.photographs
        ),
    }
    found = {}
    for name, pictures in groups.items():
        student, taught = logits(backbone, teacher, measures.evaluation_composites(pictures, COMPOSITES))
        found[name] = {
            "pictures": COMPOSITES,
            "top1": round(measures.agreement(student, taught, 1), 3),
            "top5": round(measures.agreement(student, taught, 5), 3),
        }
    return found


def cat(backbone: Backbone) -> list[dict]:
    """The five most probable classes of the cat photograph."""
    top = backbone.predict(backbone.preprocess(load_picture("cat")))
    return [{"index": i, "label": label, "probability": round(p, 3)} for i, label, p in top]


def pair_energies(backbone: Backbone, pair: TwoAnimals) -> tuple[float, float]:
    """Share of each class's Grad-CAM in its own half: (left animal's, right animal's)."""
    x = backbone.preprocess(pair.image)
    maps = [measures.grad_cam(backbone.model, backbone.gradcam_layer, x, label) for label in pair.labels]
    return tuple(measures.energy_in_half(m, left) for m, left in zip(maps, (True, False), strict=True))


def pairs(backbone: Backbone) -> dict:
    """Every two animals side by side: the energies, and which pairs have both in their own half."""
    energies = {
        f"{left}|{right}": pair_energies(backbone, two_animals(left, right))
        for left, right in combinations(ANIMALS, 2)
    }
    best = dict(sorted(energies.items(), key=lambda item: -min(item[1])))
    return {
        "pairs": len(best),
        "both_in_own_half": sum(min(values) >= OWN_HALF for values in best.values()),
        "least": OWN_HALF,
        "energies": {name: [round(v, 3) for v in values] for name, values in list(best.items())[:BEST]},
    }


def randomisation(backbone: Backbone, chosen: list[str]) -> list[dict]:
    """Cascading randomisation from the logits down: what is left of classes and heatmaps at each depth."""
    pictures = [two_animals(*name.split("|")) for name in chosen]
    original = _maps(backbone.model, backbone, pictures)
    rows = []
    for depth in ("", *measures.CASCADE):
        model = measures.randomised(backbone.model, depth) if depth else backbone.model
        maps = _maps(model, backbone, pictures)
        with torch.no_grad():
            hits = [
                len(set(model(backbone.preprocess(p.image)).topk(5).indices[0].tolist()) & set(p.labels))
                for p in pictures
            ]
        rows.append(
            {
                "randomised_down_to": depth or "nothing",
                "energy_in_own_half": round(_mean(_own_half(maps)), 3),
                "rank_correlation": round(
                    _mean([measures.rank_correlation(a, b) for a, b in zip(original, maps, strict=True)]), 3
                ),
                "classes_in_top5": round(sum(hits) / (2 * len(pictures)), 3),
            }
        )
    return rows


def _maps(model: torch.nn.Module, backbone: Backbone, pictures: list[TwoAnimals]) -> list[torch.Tensor]:
    """Left and right class's heatmap of each picture, in turn."""
    layer = model.get_submodule(backbone.layer_names["gradcam_layer"])
    return [
        measures.grad_cam(model, layer, backbone.preprocess(pair.image), label)
        for pair in pictures
        for label in pair.labels
    ]


def _own_half(maps: list[torch.Tensor]) -> list[float]:
    return [measures.energy_in_half(m, left=index % 2 == 0) for index, m in enumerate(maps)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def draw_filters(backbone: Backbone, path: Path) -> None:
    """Save the 8×8 grid of first-layer filters beside a random network's, each scaled to its own range."""
    import matplotlib.pyplot as plt

    torch.manual_seed(0)
    both = {
        "Teaching ResNet-18": backbone.first_conv.weight,
        "Random weights": models.resnet18().conv1.weight,
    }
    figure, axes = plt.subplots(1, 2, figsize=(9, 5), layout="constrained")
    for axis, (title, weight) in zip(axes, both.items(), strict=True):
        axis.imshow(_grid(weight.detach()), interpolation="nearest")
        axis.set_title(title)
        axis.axis("off")
    figure.suptitle("64 first-layer filters: edges, stripes and colours against noise")
    figure.savefig(path, dpi=90)
    plt.close(figure)


def _grid(weight: torch.Tensor) -> torch.Tensor:
    """[64, 3, 7, 7] → one picture [H, W, 3], white lines between the tiles."""
    low, high = (f(weight, dim=(1, 2, 3), keepdim=True) for f in (torch.amin, torch.amax))
    tiles = torch.nn.functional.pad((weight - low) / (high - low), (0, 1, 0, 1), value=1.0)
    n, c, h, w = tiles.shape
    return tiles.view(n // 8, 8, c, h, w).permute(0, 3, 1, 4, 2).reshape(n // 8 * h, 8 * w, c)


def measure() -> dict:
    """All figures of the shipped weights."""
    backbone = load_backbone("teaching_resnet18", device="cpu", verbose=False)
    found = {"filters": filters(backbone), "agreement": agreements(backbone), "cat": cat(backbone)}
    found["two_animals"] = pairs(backbone)
    best = list(found["two_animals"]["energies"])[:6]
    found["randomisation"] = randomisation(backbone, best)
    return found


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description="Measure the course's teaching ResNet-18.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--picture", type=Path, help="write the grid of first-layer filters here")
    parser.add_argument("--record", action="store_true", help="put the figures into the weights' JSON file")
    arguments = parser.parse_args()
    if arguments.picture:
        draw_filters(load_backbone("teaching_resnet18", device="cpu", verbose=False), arguments.picture)
    found = measure()
    if arguments.record:
        card = TEACHING_WEIGHTS.with_suffix(".json")
        stated = json.loads(card.read_text(encoding="utf-8")) | {"measured": found}
        card.write_text(json.dumps(stated, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        print(f"{name}: {json.dumps(value, indent=2, ensure_ascii=False)}")


if __name__ == "__main__":
    main()
