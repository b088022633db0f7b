"""The visible side of lesson 8: transfer, training and a first verdict, on networks whose numbers a pencil can follow."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from course_utils.guide import Example, LessonGuide, Misconception, Question, Task
from course_utils.tiny_models import colour_picture, colour_spotter

tensor = torch.tensor

# --- 1. prepare_for_transfer ----------------------------------------------------------------------------------


def _nested() -> nn.Sequential:
    body = nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 2, 1), pool=nn.AdaptiveAvgPool2d(1)))
    head = nn.Sequential(nn.Flatten(), nn.Linear(2, 3, bias=False))
    with torch.no_grad():
        head[1].weight.fill_(9.0)
    return nn.Sequential(OrderedDict(body=body, head=head)).eval()


def _read_prepared(result: Any, args: tuple[Any, ...]) -> dict[str, Any]:
    model, name, _ = args
    head = model.get_submodule(name)
    return {
        "the same model came back": result is model,
        "layer at that name": type(head).__name__,
        "inputs": head.in_features,
        "outputs": head.out_features,
        "has a bias": head.bias is not None,
        "has fresh weights": not bool((head.weight == 9).all()),
        "the head can learn": all(p.requires_grad for p in head.parameters()),
        "parameters outside that can learn": sum(
            p.requires_grad for n, p in model.named_parameters() if not n.startswith(name + ".")
        ),
    }


def _prepared(inputs: int, outputs: int) -> dict[str, Any]:
    return {
        "the same model came back": True,
        "layer at that name": "Linear",
        "inputs": inputs,
        "outputs": outputs,
        "has a bias": True,
        "has fresh weights": True,
        "the head can learn": True,
        "parameters outside that can learn": 0,
    }


PREPARED = (
    Misconception(
        "other_object",
        "Another object came back than the model that was given. Change that model, and return it.",
        when=lambda got: not got["the same model came back"],
    ),
    Misconception(
        "head_frozen",
        "The new head is frozen, too. Freeze first, then put the new head in.",
        when=lambda got: not got["the head can learn"],
    ),
    Misconception(
        "not_frozen",
        "Some parameters outside the head can still learn. Freeze everything but the head.",
        when=lambda got: got["parameters outside that can learn"] > 0,
    ),
    Misconception(
        "old_head",
        "The layer at that name is still the old one, or has its weights. Put a fresh `nn.Linear` there.",
        when=lambda got: not got["has fresh weights"],
    ),
)
NO_DOT = (
    "no attribute",
    "A dotted name leads through several modules. `model.get_submodule(name)` follows it.",
)

PREPARE = Task(
    name="prepare_for_transfer",
    points=4,
    examples=(
        Example(
            "the colour spotter, its head `fc`, 2 classes",
            lambda: (colour_spotter(), "fc", 2),
            _prepared(3, 2),
            PREPARED,
            read=_read_prepared,
        ),
        Example(
            "a head with the dotted name `head.1`, as many classes as before",
            lambda: (_nested(), "head.1", 3),
            _prepared(2, 3),
            PREPARED,
            read=_read_prepared,
            errors=(NO_DOT,),
        ),
    ),
    hints=(
        "Three steps: find the old head, freeze every parameter of the model, put a new linear layer in its place.",
        "In `classifier.3` the layer's own name is `3`, and the module that holds it is `classifier`. Split at the last dot.",
        "`model.get_submodule('')` is the model itself, so the same line serves a name without a dot.",
        "A fresh layer's parameters learn unless somebody freezes them. Which of the two steps should come last?",
    ),
    tidy=False,
)

# --- 2. train_epoch -------------------------------------------------------------------------------------------


def _two_scores(rate: float, sizes: tuple[int, ...], values: list[float]) -> tuple[Any, ...]:
    """A model whose two scores are 0 and v for a picture of one pixel with value v; all labels are 0."""
    linear = nn.Linear(1, 2, bias=False)
    with torch.no_grad():
        linear.weight.copy_(tensor([[0.0], [1.0]]))
    model = nn.Sequential(nn.Flatten(), linear)
    pixels = tensor(values).view(-1, 1, 1, 1)
    loader = [(x, torch.zeros(len(x), dtype=torch.long)) for x in pixels.split(list(sizes))]
    return model, loader, torch.optim.SGD(model.parameters(), lr=rate)


def _two_norms() -> tuple[Any, ...]:
    frozen, free, head = nn.BatchNorm2d(1), nn.BatchNorm2d(1), nn.Linear(1, 2)
    frozen.requires_grad_(False)
    parts = OrderedDict(frozen=frozen, free=free, flatten=nn.Flatten(), head=head)
    model = nn.Sequential(parts).eval()
    learning = [p for p in model.parameters() if p.requires_grad]
    loader = [(tensor([1.0, 3.0]).view(2, 1, 1, 1), tensor([0, 1]))]
    return model, loader, torch.optim.SGD(learning, lr=0.1)


TRAIN_EPOCH = Task(
    name="train_epoch",
    points=5,
    examples=(
        Example(
            "three samples in batches of two and one, nothing learned: the mean loss",
            lambda: _two_scores(0.0, (2, 1), [0.0, 0.0, math.log(3)]),
            0.92420,
            (
                Misconception(
                    "mean_over_batches",
                    "This is the mean over the batches. The small batch counts too much: weight each batch by its samples.",
                    1.03972,
                ),
                Misconception(
                    "summed_losses", "The losses were added up. Divide by the samples seen.", 2.07944
                ),
                Misconception(
                    "summed_losses", "The losses were added up. Divide by the samples seen.", 2.77259
                ),
                Misconception("last_loss", "This is the last batch's loss. Average over the epoch.", 1.38629),
            ),
        ),
        Example(
            "the weights after two batches, the second without any pull",
            lambda: _two_scores(1.0, (1, 1), [math.log(3), 0.0]),
            tensor([[0.82396], [0.17604]]),
            (
                Misconception(
                    "gradients_pile_up",
                    "The first batch's gradient was used twice. Set the gradients back before each `backward`.",
                    tensor([[1.64792], [-0.64792]]),
                ),
                Misconception(
                    "no_step",
                    "The weights are what they were. Was `optimizer.step()` left out?",
                    tensor([[0.0], [1.0]]),
                ),
            ),
            read=lambda result, args: args[0][1].weight.detach(),
        ),
        Example(
            "one frozen BatchNorm and one that learns: their running means",
            _two_norms,
            {"frozen": tensor([0.0]), "free": tensor([0.2])},
            (
                Misconception(
                    "frozen_statistics_moved",
                    "The frozen BatchNorm's statistics moved. `requires_grad` does not stop that: put it into eval mode.",
                    when=lambda got: float(got["frozen"]) != 0,
                ),
                Misconception(
                    "all_in_eval",
                    "The free BatchNorm learned no statistics. The model is to be in train mode.",
                    when=lambda got: float(got["free"]) == 0,
                ),
            ),
            read=lambda result, args: {
                name: args[0].get_submodule(name).running_mean for name in ("frozen", "free")
            },
        ),
    ),
    hints=(
        "Before the loop: train mode for the model. Then go through `model.modules()` and look for BatchNorm layers.",
        "A BatchNorm layer is frozen when none of its own parameters has `requires_grad`. Its `eval()` keeps its statistics.",
        "For each batch: to the model's device, `zero_grad`, scores, cross-entropy, `backward`, `step`.",
        "`F.cross_entropy` gives a mean over the batch. Multiply by the batch's size, add up, divide at the end by all samples.",
    ),
    tidy=False,
)

# --- 3. accuracy ----------------------------------------------------------------------------------------------

COLOURS = {"red": (2.0, 0.0, 0.0), "blue": (0.0, 0.0, 2.0), "green": (0.0, 2.0, 0.0)}


def _pictures(*names: str) -> torch.Tensor:
    return tensor([COLOURS[name] for name in names])[:, :, None, None].expand(-1, 3, 2, 2).clone()


def _colour_loader() -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [(_pictures("red", "blue", "green"), tensor([1, 0, 2])), (_pictures("red"), tensor([0]))]


def _forgetful() -> nn.Sequential:
    """The colour spotter behind a dropout that, in train mode, drops everything."""
    return nn.Sequential(nn.Dropout(1.0), colour_spotter()).train()


ACCURACY = Task(
    name="accuracy",
    points=3,
    examples=(
        Example(
            "three right answers in a batch of three, and a wrong one in a batch of one",
            lambda: (colour_spotter(), _colour_loader()),
            0.75,
            (
                Misconception(
                    "mean_over_batches",
                    "This is the mean of the batches' shares. Count right answers and samples over all batches.",
                    0.5,
                ),
                Misconception("percent", "This is a percentage. Return a share from 0 to 1.", 75.0),
                Misconception("count", "This is a count. Divide by the number of samples.", 3.0),
                Misconception("error_rate", "This is the share of wrong answers.", 0.25),
            ),
        ),
        Example(
            "a model in train mode that drops everything there",
            lambda: (_forgetful(), _colour_loader()),
            0.75,
            (
                Misconception(
                    "train_mode",
                    "The model answered in train mode. Put it into eval mode while it answers.",
                    0.5,
                ),
            ),
        ),
    ),
    hints=(
        "Write down each module's `training` flag before, and put each one back after: parts may differ from the whole.",
        "Two counters: right answers and samples. Divide once, at the end.",
        "`torch.no_grad()` saves memory. The labels have to be on the device of the scores.",
    ),
)

# --- 4. mean_energy_inside ------------------------------------------------------------------------------------


def _row_mask(row: int) -> torch.Tensor:
    mask = torch.zeros(4, 6, dtype=torch.bool)
    mask[row] = True
    return mask


def _energy(labels: list[int], rows: tuple[int, int], *, frozen: bool = False) -> tuple[Any, ...]:
    model = colour_spotter().requires_grad_(not frozen)
    return (
        model,
        model.relu,
        colour_picture().repeat(2, 1, 1, 1),
        torch.stack([_row_mask(r) for r in rows]),
        labels,
    )


ENERGY = Task(
    name="mean_energy_inside",
    points=4,
    examples=(
        Example(
            "one picture twice: red in the second row, blue in the last",
            lambda: _energy([1, 0], (1, 3)),
            0.40625,
            (
                Misconception(
                    "pooled",
                    "The heatmaps were added up before the division. Take each picture's share, then the mean.",
                    0.38068,
                ),
                Misconception(
                    "predicted_class",
                    "Both heatmaps are those of the predicted class. Ask for the class that `labels` gives.",
                    0.21875,
                ),
                Misconception("outside", "This is the share outside the masks.", 0.59375),
                Misconception("area", "This is the masks' share of the area, not of the heatmap.", 0.25),
                Misconception("not_averaged", "The shares were added up. Divide by the pictures.", 0.8125),
            ),
        ),
        Example(
            "a frozen model, and one of two heatmaps empty",
            lambda: _energy([3, 1], (0, 1), frozen=True),
            0.15625,
            (
                Misconception(
                    "empty_left_out",
                    "The picture with the empty heatmap was left out. It counts 0.0.",
                    0.3125,
                ),
                Misconception(
                    "zero_by_zero",
                    "0 divided by 0 is NaN. A heatmap without energy counts 0.0.",
                    when=lambda got: math.isnan(float(got)),
                ),
            ),
        ),
    ),
    hints=(
        "For one picture: the heatmap of its label's class, its sum inside the mask, its sum everywhere.",
        "`grad_cam_batch(model, layer, images, labels)` gives all heatmaps at once; it wants the model in eval mode.",
        "Where the sum everywhere is 0, the share is 0.0. Then take the mean over the pictures.",
    ),
)

QUESTIONS = (
    Question(
        "q_new_head",
        "6ea9ca42c1a1444f$f00beb514e7dc568515da8eceb9bd0bb8cc60da7e9641d7a0f01c16eff1f58ec",
        {
            "A": "The new head is random: with two classes it guesses, whatever the features are worth. Knowing features is "
            "not knowing your classes.",
            "B": "The frozen features are as good as before. But the layer that turns them into your classes is new.",
            "C": "It would have to be wrong on purpose. A random head is right about as often as a coin.",
            "D": "The old 1000 answers went with the old head. The new one has outputs for your classes alone.",
        },
    ),
    Question(
        "q_frozen_batchnorm",
        "9c487231b211c0b4$2153d9be9188d185611da7788f7b2f04d4e32228f4edccf9e3ef130a88ba535e",
        {
            "A": "The parameters do stay. But running means and variances are buffers, no parameters.",
            "B": "The optimizer has no part in it: the statistics move in the forward pass.",
            "C": "In train mode each forward pass moves the running statistics. `requires_grad` stops gradients, not that. "
            "Only eval mode does.",
            "D": "The loss may well fall. What changes unseen are the features that you meant to keep.",
        },
    ),
    Question(
        "q_before_the_look",
        "59aee833cf64b32a$f49f33978e7126c94fcccf26b17b175e02eb896a266c503fec978c770b8457a0",
        {
            "A": "Data like its own carries the same tag. A model that reads the tag does well on it.",
            "B": "The test animals are new, and yet each tag comes with its class: the shortcut works there, too.",
            "C": "A small loss says that the answers fit the labels, by whatever means.",
            "D": "All three numbers are the same for a model that knows animals and for one that knows the tag. You have to "
            "look, or to change the tag.",
        },
    ),
)

GUIDE = LessonGuide(
    id="08_fine_tune",
    title="Train your own, then check what it learned",
    tasks=(PREPARE, TRAIN_EPOCH, ACCURACY, ENERGY),
    questions=QUESTIONS,
)
