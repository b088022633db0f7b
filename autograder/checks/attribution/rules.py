"""Guided backpropagation and the deconvnet: networks whose ReLUs obey a rule, and what goes wrong with either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks.draw import Draw, Model
from autograder.checks.items import Item
from course_utils.comparison import Misconception

from .shared import (
    FROZEN,
    MOBILE,
    PLAIN,
    PREDICTED,
    RESIDUAL,
    ZERO,
    Making,
    Scene,
    axes_kept,
    drawn,
    failing,
    input_gradient,
    known_by_hand,
    lively,
    score_mistakes,
)


def rule_items(draw: Draw, task: str, oracle: Callable[[nn.Module, Tensor, int], Tensor]) -> Iterator[Item]:
    def make(scene: Scene) -> Making:
        def item(model: Model, x: Tensor, index: int, predicted: int) -> Item | None:
            expected = oracle(model.module, x, index)
            if not lively(expected):
                return None
            return Item(
                scene[0],
                [model, x, index],
                expected=expected,
                misconceptions=rule_mistakes(task, model, x, index, predicted),
                next_step="Only the backward pass changes, at every `nn.ReLU` and `nn.ReLU6`, each time one runs. The "
                "forward values stay as they are.",
            )

        return item

    for scene in (PLAIN, RESIDUAL, MOBILE, FROZEN, ZERO, PREDICTED):
        yield drawn(draw, scene, make(scene))
    yield known_by_hand(task)
    yield failing(draw)


class _RuledReLU(nn.Module):
    """Stands in for a ReLU: forward as usual (``bottom`` is 0), backward by ``rule(gradient, was_open)``."""

    def __init__(
        self, bottom: float, top: float, rule: Callable[[Tensor, Tensor], Tensor], reuse: bool = False
    ) -> None:
        super().__init__()
        self.bottom, self.top, self.rule, self.reuse, self.last = bottom, top, rule, reuse, None

    def forward(self, x: Tensor) -> Tensor:
        value = x.clamp(self.bottom, self.top)
        # Its value is that of `value`; its gradient goes straight to x, through the hook.
        straight = x + (value - x).detach()
        was_open = ((x > 0) & (x < self.top)).detach()
        self.last = was_open
        straight.register_hook(lambda g: self.rule(g, self.last if self.reuse else was_open))
        return straight


def _swapped(
    module: nn.Module, rule: Callable[[Tensor, Tensor], Tensor], kinds: Any, **options: bool
) -> nn.Module:
    """A model whose ReLUs follow a rule; a module that stands at two places is replaced by one at both."""
    known: dict[int, _RuledReLU] = {}

    def swap(parent: nn.Module) -> None:
        for name, child in list(parent._modules.items()):
            if isinstance(child, kinds):
                top = 6.0 if isinstance(child, nn.ReLU6) and not options.get("open_above") else float("inf")
                bottom = float("-inf") if options.get("open_below") else 0.0
                ruled = _RuledReLU(bottom, top, rule, options.get("reuse", False))
                shown = known.setdefault(id(child), ruled)
                setattr(parent, name, shown)
            elif child is not None:
                swap(child)

    swap(module)
    return module


def _guided(gradient: Tensor, was_open: Tensor) -> Tensor:
    return gradient.clamp(min=0) * was_open


def _deconv(gradient: Tensor, was_open: Tensor) -> Tensor:
    return gradient.clamp(min=0)


def _with_rule(model: Model, x: Tensor, index: int, rule: Any, kinds: Any, **options: bool) -> Tensor:
    """The input gradient ``[3, H, W]`` where ReLUs of some kinds follow a rule."""
    module = _swapped(model.fresh(), rule, kinds, **options)
    return input_gradient(module, x, lambda logits: logits[0, index])


_BOTH = (nn.ReLU, nn.ReLU6)
_FORM = (
    (
        "sign_lost",
        "The absolute value was taken. Return the signed values: a figure can do the rest.",
        lambda right: right.abs(),
    ),
    (
        "clamped_at_the_end",
        "The negative values of the result are gone. The rule acts at the ReLUs; what arrives at the picture stays as it is.",
        lambda right: right.clamp(min=0),
    ),
    (
        "scaled",
        "The result was scaled for display. Return the values as they arrive.",
        lambda right: (right - right.min()) / (right.max() - right.min()),
    ),
    (
        "scaled",
        "The result was scaled for display. Return the values as they arrive.",
        lambda right: right / right.abs().max(),
    ),
)


def rule_mistakes(task: str, model: Model, x: Tensor, index: int, predicted: int) -> list[Misconception]:
    """Mistakes of ``guided_backprop`` and of ``deconvnet``: another rule, a ReLU passed over, another score or form."""
    guided = task == "guided_backprop"
    own, other = (_guided, _deconv) if guided else (_deconv, _guided)
    right = _with_rule(model, x, index, own, _BOTH)
    plain = input_gradient(model.module, x, lambda logits: logits[0, index])
    mistakes = [
        Misconception(
            "plain_gradient",
            "This is the plain gradient: the rule acted nowhere. Does it reach every ReLU of the model (`model.modules()`)?",
            plain,
        ),
        Misconception(
            "clamped_gradient",
            "This is the plain gradient with its negative values cut at the end. The rule acts at every ReLU on the way back.",
            plain.clamp(min=0),
        ),
        Misconception(
            *(
                (
                    "deconvnet_rule",
                    "This is deconvnet's rule. In guided backpropagation a ReLU that was closed passes nothing, either.",
                )
                if guided
                else (
                    "guided_rule",
                    "This is guided backpropagation. Deconvnet does not ask what the ReLU's input was: a closed ReLU "
                    "passes a positive gradient, too.",
                )
            ),
            _with_rule(model, x, index, other, _BOTH),
        ),
        Misconception(
            "negative_gradients",
            "Only negative gradients were let through. Keep the positive ones.",
            _with_rule(model, x, index, lambda g, m: g.clamp(max=0) * (m if guided else 1), _BOTH),
        ),
        *[Misconception(name, message, form(right)) for name, message, form in _FORM],
        Misconception(
            "times_input",
            "The result was multiplied by the picture. Return the gradient alone.",
            right * x[0],
        ),
        *score_mistakes(
            lambda score: input_gradient(_swapped(model.fresh(), own, _BOTH), x, score), index, predicted
        ),
        *_passed_over(model, x, index, own, guided),
        *([] if guided else _other_forward(model, x, index, right)),
        axes_kept(lambda got: tuple(got.shape) == (1, *right.shape), "[3, H, W]"),
        Misconception(
            "channels_merged",
            "The three colour channels have become one. Keep them: [3, H, W].",
            when=lambda got: got.squeeze().ndim == 2,
        ),
        Misconception(
            "channels_last",
            "The channels came last. Return [3, H, W]; a figure can turn it round.",
            when=lambda got: tuple(got.shape) == (x.shape[2], x.shape[3], 3),
        ),
    ]
    return mistakes


def _other_forward(model: Model, x: Tensor, index: int, right: Tensor) -> list[Misconception]:
    """A ReLU that lets other values through forward: felt where a maximum is taken behind it."""
    found = [
        Misconception(
            "forward_open_below",
            "The forward values changed: negative ones went through a ReLU. Forward it still gives `clamp(min=0)`; only "
            "its backward is another.",
            _with_rule(model, x, index, _deconv, _BOTH, open_below=True, open_above=True),
        ),
        Misconception(
            "forward_open_above",
            "The forward values changed: a ReLU6 let more than 6 through. Forward it still cuts at 6.",
            _with_rule(model, x, index, _deconv, _BOTH, open_above=True),
        ),
    ]
    return [m for m in found if m.value is not None and not torch.allclose(m.value, right, rtol=1e-3)]


def _passed_over(model: Model, x: Tensor, index: int, own: Any, guided: bool) -> list[Misconception]:
    """The rule at some ReLUs alone: told apart only where a model has the kind in question."""
    relus = [m for m in model.module.modules() if isinstance(m, _BOTH)]
    kinds = {type(m) for m in relus}
    found = []
    if nn.ReLU6 in kinds and nn.ReLU in kinds:
        found.append(
            Misconception(
                "relu6_passed_over",
                "The rule acted at `nn.ReLU` alone. `nn.ReLU6` is a class of its own: ask for both, "
                "`isinstance(m, (nn.ReLU, nn.ReLU6))`.",
                _with_rule(model, x, index, own, nn.ReLU),
            )
        )
    if nn.ReLU6 in kinds and guided:
        found.append(
            Misconception(
                "relu6_open_above",
                "A ReLU6 cuts at 6, too: above 6 plain backpropagation passes nothing. Let the ReLU's own backward "
                "decide where gradient goes.",
                _with_rule(model, x, index, own, _BOTH, open_above=True),
            )
        )
    names = [n for n, m in model.module.named_modules(remove_duplicate=False) if isinstance(m, _BOTH)]
    if guided and len(names) > len(relus):
        found.append(
            Misconception(
                "last_use_alone",
                "A ReLU module that runs twice was treated as if it had run once: what was kept of the first run got "
                "lost. Keep it for each run, or hook the output tensor.",
                _with_rule(model, x, index, own, _BOTH, reuse=True),
            )
        )
    return found
