"""Inputs that can be drawn again and not be guessed: every draw has a seed of its own, made with a secret key.

The seed is HMAC-SHA256(secret, submission, task, item, purpose). A model's seed crosses the boundary in its recipe;
without the secret it tells nothing about any other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autograder.sandbox.worker.recipes import build


@dataclass(frozen=True)
class Model:
    """A model argument: its recipe for the worker, and the marker's own copy for the oracle."""

    recipe: dict[str, Any]
    module: nn.Module

    def layer(self, name: str) -> Layer:
        """The layer with this dotted name as an argument beside the model."""
        return Layer(self, name)

    def fresh(self) -> nn.Module:
        """Another copy, for an oracle that changes the model."""
        return build(self.recipe)


@dataclass(frozen=True)
class Layer:
    """A layer argument: a module inside a :class:`Model` that is an argument of the same call."""

    model: Model
    name: str

    @property
    def module(self) -> nn.Module:
        return self.model.module.get_submodule(self.name)


@dataclass(frozen=True)
class Picture:
    """A PIL RGB picture argument, held as a uint8 tensor ``[H, W, 3]``."""

    pixels: Tensor


@dataclass(frozen=True)
class Stay:
    """A tensor argument that stays on the CPU also where the model is on a GPU, as a data loader's batches do."""

    tensor: Tensor


@dataclass(frozen=True)
class Loader:
    """Batches as an iterable without a length: what `DataLoader` over a stream is, or a generator."""

    batches: list[Any]


@dataclass(frozen=True)
class Optimizer:
    """Plain SGD over the trainable parameters of a :class:`Model` that is an argument of the same call."""

    model: Model
    learning_rate: float


class Draw:
    """Draws the inputs of one task for one submission.

    Args:
        secret: the instructor's key, never sent anywhere.
        submission: identifies what is marked, e.g. ``"06_grad_cam/ada"``.
        task: the task's name.
    """

    def __init__(self, secret: bytes, submission: str, task: str) -> None:
        self._secret, self._scope = secret, (submission, task)

    def seed(self, purpose: str) -> int:
        """The 63-bit seed for one purpose; the same every time it is asked for."""
        text = json.dumps([*self._scope, purpose]).encode()
        return int.from_bytes(hmac.new(self._secret, text, hashlib.sha256).digest()[:8], "big") >> 1

    def generator(self, purpose: str) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed(purpose))

    def normal(self, purpose: str, *shape: int) -> Tensor:
        """Standard normal float32 of a shape."""
        return torch.randn(shape, generator=self.generator(purpose))

    def uniform(self, purpose: str, *shape: int) -> Tensor:
        """Uniform float32 in [0, 1) of a shape."""
        return torch.rand(shape, generator=self.generator(purpose))

    def integers(self, purpose: str, low: int, high: int, *shape: int) -> Tensor:
        """Uniform int64 in [low, high) of a shape."""
        return torch.randint(low, high, shape, generator=self.generator(purpose))

    def integer(self, purpose: str, low: int, high: int) -> int:
        """One uniform int in [low, high)."""
        return int(self.integers(purpose, low, high, 1))

    def choice(self, purpose: str, options: Sequence[Any]) -> Any:
        """One of the options."""
        return options[self.integer(purpose, 0, len(options))]

    def permutation(self, purpose: str, count: int) -> Tensor:
        """A random order of ``range(count)``."""
        return torch.randperm(count, generator=self.generator(purpose))

    def picture(self, purpose: str, height: int, width: int) -> Picture:
        """A smooth colour picture with some noise, so that resampling matters as it does on photographs."""
        generator = self.generator(purpose)
        coarse = torch.rand((1, 3, 7, 9), generator=generator)
        smooth = nn.functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=False)
        noisy = smooth + 0.08 * torch.randn(smooth.shape, generator=generator)
        return Picture((noisy.clamp(0, 1) * 255).round().to(torch.uint8)[0].permute(1, 2, 0).contiguous())

    def model(self, purpose: str, family: str, **options: Any) -> Model:
        """A small network by recipe; see ``sandbox/worker/recipes.py`` for families and options."""
        recipe = {"family": family, "seed": self.seed(purpose), **options}
        return Model(recipe, build(recipe))
