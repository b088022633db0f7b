"""Train the teaching ResNet-18: `python -m benchmarks.teaching_model.train [--minutes 91]`.

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
from benchmarks.teaching_model.distil import Student, Teacher, loss_parts
from benchmarks.teaching_model.pictures import read_pictures
from benchmarks.teaching_model.threads import Threads


class Stage(NamedTuple):
    """Until which share of the training: pictures' side, batch, depths of four, first half frozen."""

    until: float
    side: int
    batch: int
    depth: int = 4
    frozen: bool = False


CHECKPOINT = Path("build/teaching_model/checkpoint.pt")
# The first half learns first, by itself: that needs small pictures and half the network, so seconds buy many.
# Then the second half learns on the first, frozen. The last stage has the lessons' size. Sides differ, and from 96
# on are multiples of 32, so that student and teacher have maps of one size.
STAGES = (
    Stage(0.27, 80, 24, depth=2),
    Stage(0.50, 96, 10, frozen=True),
    Stage(0.78, 128, 8, frozen=True),
    Stage(1.01, 224, 8, frozen=True),
)
RATE = 1.5e-3
WARM_UP_STEPS = 150
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
        """Learning rate now: a short warm-up, then half a cosine down to nothing."""
        warm_up = min(1.0, (self.step + 1) / WARM_UP_STEPS)
        return RATE * warm_up * max(0.002, 0.5 * (1 + math.cos(math.pi * self.share())))


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
    threads = Threads()
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
        stage = next(s for s in STAGES if s.side == batch.shape[-1])
        student.freeze_first_half(stage.frozen)
        parts = loss_parts(student(pixels, stage.depth), teacher(pixels, stage.depth))
        optimizer.zero_grad(set_to_none=True)
        sum(parts.values()).backward()
        optimizer.step()
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
    parser.add_argument("--minutes", type=float, default=91, help="how long to train in all (default 91)")
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
