"""Train the teaching ResNet-18: `python -m benchmarks.teaching_model.train [--minutes 90]`.

Stop it whenever you like: it goes on from the last checkpoint when run again, and `export` (beside this file)
makes a model of any checkpoint.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.teaching_model.composites import Composites
from benchmarks.teaching_model.distil import Outputs, Student, Teacher, loss_parts
from benchmarks.teaching_model.memory import Memory
from benchmarks.teaching_model.pictures import read_pictures
from benchmarks.teaching_model.threads import Threads


class Stage(NamedTuple):
    """Part of the training, until this share of it.

    side: pictures' side in pixels. batch: pictures a step. depth: how many of the four layers are computed. first: the
    first layer that learns. again: how often a step on new pictures is followed by one on remembered ones (only where
    layer4 alone learns).
    """

    until: float
    side: int
    batch: int
    depth: int = 4
    first: int = 1
    again: int = 0


CHECKPOINT = Path("build/teaching_model/checkpoint.pt")
# Layer upon layer at first: each learns from its own target, on what the frozen layers below it give. All at once from
# a random start learnt too slowly: after 900 steps layer4's map was no better than its mean. Then all at once from what
# that gave, which is what teaches classes: with layer4 alone to the end, four pairs of heatmaps were right, so 28. A
# small side and a shallow network buy many pictures a second. The last stage has the lessons' size. A batch's size and
# side tell its stage; where layer4 takes part sides are multiples of 32, so that student and teacher have maps of one size.
STAGES = (
    Stage(0.15, 80, 24, depth=2),
    Stage(0.40, 96, 12, depth=3, first=3),
    Stage(0.52, 128, 12, first=4, again=4),
    Stage(0.80, 96, 16),
    Stage(0.92, 128, 16),
    Stage(1.01, 224, 8),
)
REMEMBERED = 12_000
RATE = 1.5e-3
WARM_UP_STEPS = 150
COOL_DOWN = 0.4  # the share of the training in which the rate falls
# Pictures say nothing about the finest noise of the random start: only decay removes it from the filters. A
# BatchNorm follows, so that their size does not matter. With 0.2 the noise was still there after 600 steps.
FIRST_LAYER_DECAY = 2.0
MIXED_BATCHES = 0.15


@dataclass
class Progress:
    """How far the training is: by steps where a number of steps was asked for, else by minutes of work."""

    minutes: float
    steps: int | None = None
    step: int = 0
    seconds: float = 0.0
    pictures: int = 0
    started: float = field(default_factory=time.monotonic)

    def share(self) -> float:
        """Share of the training done, 0 to 1."""
        if self.steps:
            return min(1.0, self.step / self.steps)
        return min(1.0, self.elapsed() / (60 * self.minutes))

    def elapsed(self) -> float:
        """Seconds of training, earlier runs included."""
        return self.seconds + time.monotonic() - self.started

    def stage(self) -> Stage:
        """What is trained on now."""
        return next(stage for stage in STAGES if self.share() < stage.until)

    def rate(self) -> float:
        """Learning rate now: a short warm-up, then level, then half a cosine down to nothing."""
        warm_up = min(1.0, (self.step + 1) / WARM_UP_STEPS)
        left = min(1.0, (1 - self.share()) / COOL_DOWN)
        return RATE * warm_up * max(0.002, 0.5 * (1 - math.cos(math.pi * left)))


class Numbers:
    """A batch sampler: batches of (picture number, side) without end, the side as the stage asks."""

    def __init__(self, progress: Progress):
        self.progress = progress

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        number = self.progress.pictures
        while True:
            stage = self.progress.stage()
            yield [(number + i, stage.side) for i in range(stage.batch)]
            number += stage.batch


def mixed(pixels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Now and then blend each picture with another of its batch; the teacher sees the same blend."""
    if torch.rand((), generator=generator) >= MIXED_BATCHES:
        return pixels
    weight = torch.rand(len(pixels), 1, 1, 1, generator=generator).to(pixels.device)
    return weight * pixels + (1 - weight) * pixels.roll(1, dims=0)


def optimizer_for(student: Student) -> torch.optim.Optimizer:
    """AdamW; strong decay on the first layer, where it leaves smooth filters, none on norms and biases."""
    plain = [p for p in student.parameters() if p.ndim < 2]
    weights = [p for p in student.parameters() if p.ndim >= 2 and p is not student.net.conv1.weight]
    return torch.optim.AdamW(
        [
            {"params": [student.net.conv1.weight], "weight_decay": FIRST_LAYER_DECAY},
            {"params": weights, "weight_decay": 1e-3},
            {"params": plain, "weight_decay": 0.0},
        ],
        lr=RATE,
        fused=True,
    )


def descend(learnt: Outputs, taught: Outputs, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """One step down the loss; returns its parts."""
    parts = loss_parts(learnt, taught)
    optimizer.zero_grad(set_to_none=True)
    sum(parts.values()).backward()
    optimizer.step()
    return parts


def save(student: Student, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Write the checkpoint beside its place, then move it there: a kill leaves the old one whole."""
    CHECKPOINT.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "student": student.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": progress.step,
        "seconds": progress.elapsed(),
        "pictures": progress.pictures,
    }
    part = CHECKPOINT.with_suffix(".part")
    torch.save(state, part)
    part.replace(CHECKPOINT)


def resume(student: Student, optimizer: torch.optim.Optimizer, progress: Progress, say: Callable) -> None:
    """Take up the last checkpoint, where there is one."""
    if not CHECKPOINT.is_file():
        return
    state = torch.load(CHECKPOINT, map_location="cpu", weights_only=True)
    student.load_state_dict(state["student"])
    # The settings are the source's, not the checkpoint's.
    settings = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state["optimizer"]["state"], "param_groups": settings})
    progress.step, progress.seconds, progress.pictures = state["step"], state["seconds"], state["pictures"]
    say(f"going on from step {progress.step} ({progress.seconds / 60:.1f} minutes done)")


def train(minutes: float, steps: int | None, seed: int, device: torch.device, say: Callable = print) -> None:
    """Train until the time or the steps are used up, with a checkpoint every two minutes and at the end."""
    torch.manual_seed(seed)
    say("reading the pictures ...")
    pictures, held_out = read_pictures().split()
    say(
        f"{len(pictures.cutouts)} cut-outs and {len(pictures.photographs)} photographs to train on, "
        f"{len(held_out.cutouts)} and {len(held_out.photographs)} held out"
    )
    teacher = Teacher().to(device, memory_format=torch.channels_last)
    student = Student(teacher.model._fc).to(device, memory_format=torch.channels_last).train()
    optimizer = optimizer_for(student)
    progress = Progress(minutes, steps)
    resume(student, optimizer, progress, say)
    generator = torch.Generator().manual_seed(seed + progress.step)
    loader = torch.utils.data.DataLoader(
        Composites(pictures, seed), batch_sampler=Numbers(progress), num_workers=1, prefetch_factor=3
    )
    threads, memory = Threads(), Memory(REMEMBERED)
    progress.started = last_said = last_saved = time.monotonic()
    for batch in loader:
        if progress.share() >= 1:
            break
        threads.adjust()
        pixels = batch.to(device).float().div_(255)
        pixels = mixed(pixels, generator).contiguous(memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = progress.rate()
        # By the batch's own size: those made ahead still belong to the stage before.
        stage = next(s for s in STAGES if (s.batch, s.side) == (len(batch), batch.shape[-1]))
        student.train_from(stage.first)
        taught = teacher(pixels, stage.depth)
        if stage.first == 4:
            before = student.before_last(pixels)
            memory.add(before, taught)
            parts = descend(student.last(before), taught._replace(maps=taught.maps[3:]), optimizer)
            for _ in range(stage.again):
                before, taught = memory.draw(len(batch), generator, device)
                parts = descend(student.last(before), taught, optimizer)
        else:
            parts = descend(student(pixels, stage.depth), taught, optimizer)
        progress.step += 1
        progress.pictures += len(batch)
        now = time.monotonic()
        if now - last_said > 20:
            last_said = now
            say(_line(progress, parts, batch.shape[-1]))
        if now - last_saved > 120:
            last_saved = now
            save(student, optimizer, progress)
    save(student, optimizer, progress)
    say(f"done: {progress.step} steps, {progress.pictures} pictures, {progress.elapsed() / 60:.1f} minutes")


def _line(progress: Progress, parts: dict[str, torch.Tensor], side: int) -> str:
    share, elapsed = progress.share(), progress.elapsed()
    left = elapsed * (1 - share) / max(share, 1e-6) / 60
    losses = "  ".join(f"{name} {value.item():.3f}" for name, value in parts.items())
    return f"{share:6.1%}  step {progress.step}  {side} px  {losses}  {left:.0f} min left"


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description="Train the course's teaching ResNet-18 by distillation.")
    parser.add_argument("--minutes", type=float, default=90, help="how long to train in all (default 90)")
    parser.add_argument("--steps", type=int, help="a number of steps instead: repeatable on any machine")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    train(
        arguments.minutes,
        arguments.steps,
        arguments.seed,
        torch.device(arguments.device),
        lambda line: print(line, flush=True),
    )


if __name__ == "__main__":
    main()
