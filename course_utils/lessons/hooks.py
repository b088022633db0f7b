"""The visible side of lesson 3: hooks on networks whose every number can be checked by hand."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from course_utils.guide import Example, LessonGuide, Misconception, Question, Raises, Task
from course_utils.tiny_models import colour_picture, colour_spotter, oracle_network

tensor = torch.tensor

# --- the two-filter network on 0, 1, ..., 15: what its convolution and its ReLU give ------------------------

CONV = [[[-5.0, 4], [31, 40]], [[-30.0, -21], [6, 15]]]
RELU = [[[0.0, 4], [31, 40]], [[0.0, 0], [6, 15]]]
# On a picture of zeros the convolution gives its two biases.
CONV_OF_ZEROS = [[[-50.0, -50], [-50, -50]], [[-75.0, -75], [-75, -75]]]
# The colour spotter on its picture: three maps of 2×3, and their means.
COLOURS = [[[2.0, 6, 0], [1, 3, 0]], [[1.0, 1, 1], [1, 1, 1]], [[0.0, 0, 1], [0, 2, 8]]]
MEANS = [[[2.0]], [[1.0]], [[11 / 6]]]


def _counting_picture(pictures: int = 1) -> torch.Tensor:
    """[N, 3, 4, 4]: 0 to 15 in the first picture's first channel, zeros elsewhere."""
    x = torch.zeros(pictures, 3, 4, 4)
    x[0, 0] = torch.arange(16.0).view(4, 4)
    return x


def _two_filters(layer: str, *, inplace: bool = False, pictures: int = 1) -> tuple[Any, ...]:
    model = oracle_network()
    model.relu.inplace = inplace
    return model, model.get_submodule(layer), _counting_picture(pictures)


def _spotter(layer: str) -> tuple[Any, ...]:
    model = colour_spotter()
    return model, model.get_submodule(layer), colour_picture()


def _nested(pictures: int = 1) -> tuple[nn.Module, torch.Tensor]:
    """The two-filter network with dotted names, its ReLU in place."""
    parts = dict(oracle_network().named_children())
    parts["relu"].inplace = True
    features = nn.Sequential(OrderedDict(conv=parts["conv"], relu=parts["relu"]))
    head = nn.Sequential(OrderedDict(flatten=parts["flatten"], fc=parts["fc"]))
    model = nn.Sequential(OrderedDict(features=features, head=head)).eval()
    return model, _counting_picture(pictures)


def _five_channels() -> torch.Tensor:
    """A picture that no model of this course takes: its forward pass raises."""
    return torch.zeros(1, 5, 4, 6)


NONE_KEPT = (
    ("KeyError", "Was the hook ever called? It runs when the model runs, so register it before `model(x)`."),
    (
        "list index out of range",
        "Was the hook ever called? It runs when the model runs, so register it before `model(x)`.",
    ),
)
CHANNELS = (
    (
        "to have 3 channels",
        "The layer was called by itself on `x`. Run the whole model; the hook catches the layer's output.",
    ),
)
OVERWRITTEN = (
    "The negative values are gone: an in-place ReLU behind the layer wrote over what your hook kept, because "
    "`detach()` shares memory. Keep a copy: `.clone()`."
)
TUPLE = Misconception(
    "inputs_tuple",
    "A tuple came back: that is `inputs`, what went into the layer. The output is the hook's third argument.",
    when=lambda got: isinstance(got, tuple),
)

# --- 1. capture_output --------------------------------------------------------------------------------------

CAPTURE_OUTPUT = Task(
    name="capture_output",
    points=4,
    examples=(
        Example(
            "the convolution of the two-filter network",
            lambda: _two_filters("conv"),
            tensor([CONV]),
            (
                TUPLE,
                Misconception(
                    "input_captured",
                    "This is what went into the layer. A hook gets `(module, inputs, output)`: keep the "
                    "third.",
                    _counting_picture(),
                ),
                Misconception(
                    "logits_returned",
                    "These are the model's four logits. Return what your hook kept.",
                    tensor([[54.0] * 4]),
                ),
                Misconception(
                    "batch_axis_gone",
                    "The axis of the batch is gone. Return the output in its own shape, [1, 2, 2, 2].",
                    when=lambda got: tuple(got.shape) == (2, 2, 2),
                ),
            ),
            errors=NONE_KEPT,
        ),
        Example(
            "the same, with an in-place ReLU behind it",
            lambda: _two_filters("conv", inplace=True),
            tensor([CONV]),
            (Misconception("overwritten_in_place", OVERWRITTEN, tensor([RELU])), TUPLE),
            errors=NONE_KEPT,
        ),
        Example(
            "a batch of two pictures",
            lambda: _two_filters("conv", pictures=2),
            tensor([CONV, CONV_OF_ZEROS]),
            (
                Misconception(
                    "first_picture_only",
                    "Only the first picture came back. Return the output for the whole batch.",
                    when=lambda got: got.numel() == 8,
                ),
            ),
            errors=NONE_KEPT,
        ),
        Example(
            "a layer in the middle: the colour spotter's averages",
            lambda: _spotter("pool"),
            tensor([MEANS]),
            (
                Misconception(
                    "input_captured",
                    "This is what went into the layer. A hook gets `(module, inputs, output)`: keep the "
                    "third.",
                    tensor([COLOURS]),
                ),
                Misconception(
                    "batch_axis_gone",
                    "Axes of length 1 are gone. Return the output in its own shape, [1, 3, 1, 1].",
                    when=lambda got: got.numel() == 3 and got.ndim != 4,
                ),
            ),
            errors=(*NONE_KEPT, *CHANNELS),
        ),
        Example(
            "a forward pass that fails: the error comes through, no hook stays",
            lambda: (*_spotter("relu")[:2], _five_channels()),
            Raises(RuntimeError, "channels"),
        ),
    ),
    hints=(
        "Four steps: define a hook, register it on `layer`, run the model, remove the hook.",
        "`handle = layer.register_forward_hook(hook)` registers. Where can the hook put what it sees, so "
        "that "
        "it is still there after it returned? A dict or a list made before it will do.",
        "What the layer gave may be overwritten a moment later. Which method makes a copy that nobody else "
        "writes to?",
        "`try: ... finally: ...` removes the handle whether or not the forward pass succeeds. Return the "
        "kept "
        "tensor detached, on the CPU.",
    ),
)

# --- 2. capture_activations ---------------------------------------------------------------------------------


def _named(*names: str, pictures: int = 1) -> tuple[Any, ...]:
    model, x = _nested(pictures)
    return model, list(names), x


DICT_MISTAKES = (
    Misconception(
        "late_binding",
        "All hooks wrote under the last name: they share the loop's variable, and read it when they run. "
        "Make "
        "each hook in a function that takes its own name.",
        when=lambda got: len([v for v in got.values() if v is not None]) == 1,
    ),
    Misconception(
        "forward_order",
        "The names are right and their order is not. `layer_names` says the order; hooks run in the order of "
        "the "
        "forward pass.",
        when=lambda got: (
            sorted(got) in (["conv", "pool", "relu"], ["features", "features.conv", "head.fc"])
            and all(value is not None for value in got.values())
            and list(got) not in (["pool", "conv", "relu"], ["head.fc", "features.conv", "features"])
        ),
    ),
    Misconception(
        "keys_not_names",
        "The keys are modules. Use the names from `layer_names` as keys.",
        when=lambda got: any(isinstance(key, nn.Module) for key in got),
    ),
    Misconception(
        "list_instead_of_dict",
        "A list came back. Return a dict from name to output.",
        when=lambda got: isinstance(got, (list, tuple)),
    ),
)

CAPTURE_ACTIVATIONS = Task(
    name="capture_activations",
    points=5,
    examples=(
        Example(
            "three layers of the colour spotter, not in the order of the forward pass",
            lambda: (colour_spotter(), ["pool", "conv", "relu"], colour_picture()),
            {"pool": tensor([MEANS]), "conv": tensor([COLOURS]), "relu": tensor([COLOURS])},
            DICT_MISTAKES,
        ),
        Example(
            "dotted names, and an in-place ReLU behind one of the layers",
            lambda: _named("head.fc", "features.conv", "features"),
            {"head.fc": tensor([[54.0] * 4]), "features.conv": tensor([CONV]), "features": tensor([RELU])},
            (
                Misconception(
                    "overwritten_in_place",
                    OVERWRITTEN,
                    when=lambda got: bool((torch.as_tensor(got["features.conv"]) >= 0).all()),
                ),
                *DICT_MISTAKES,
            ),
        ),
        Example(
            "one layer, a batch of two pictures",
            lambda: _named("features.conv", pictures=2),
            {"features.conv": tensor([CONV, CONV_OF_ZEROS])},
            (
                Misconception(
                    "first_picture_only",
                    "Only the first picture is there. Keep the output for the whole batch.",
                    when=lambda got: got["features.conv"].numel() == 8,
                ),
                Misconception(
                    "overwritten_in_place",
                    OVERWRITTEN,
                    when=lambda got: bool((torch.as_tensor(got["features.conv"]) >= 0).all()),
                ),
            ),
        ),
        Example(
            "an unknown name behind a known one: a KeyError that names it",
            lambda: _named("features.conv", "features.cnov"),
            Raises(KeyError, "features.cnov"),
            errors=(
                (
                    "has no attribute",
                    "`get_submodule` raises an AttributeError for an unknown name. Asked for is a KeyError "
                    "with "
                    "the name in it; `dict(model.named_modules())` raises one by itself.",
                ),
            ),
        ),
        Example(
            "a forward pass that fails: the error comes through, no hook stays",
            lambda: (colour_spotter(), ["pool", "relu"], _five_channels()),
            Raises(RuntimeError, "channels"),
        ),
    ),
    hints=(
        "`dict(model.named_modules())` maps every dotted name to its module.",
        "One hook for each name, one list of handles, one `model(x)`. How does a hook know its own name? "
        "Write a "
        "function that takes a name and returns a hook.",
        "An unknown name may come last, when other hooks are already set. So registering belongs inside the "
        "`try`, too, and `finally` removes whatever has been registered.",
        "Hooks fill a dict in the order of the forward pass. Build the answer anew, in the order of "
        "`layer_names`.",
    ),
)

# --- 3. capture_gradient ------------------------------------------------------------------------------------

# Every logit of the two-filter network is the same weighted sum of the ReLU's eight outputs.
AT_RELU = [[[1.0, 1], [1, 1]], [[1.0, -1], [-1, -1]]]
# The ReLU lets the gradient through where the convolution's output is positive.
AT_CONV = [[[0.0, 1], [1, 1]], [[0.0, 0], [-1, -1]]]


def _flat(*values: float) -> torch.Tensor:
    """[1, 3, 2, 3], one value a channel."""
    return tensor(values).view(1, 3, 1, 1).expand(1, 3, 2, 3).clone()


RED, BLUE = (1 / 6, -1 / 6, 0.0), (0.0, -1 / 6, 1 / 6)
ALL_FOUR = _flat(-1 / 6, -2 / 6, -1 / 6)
RED_PROBABILITY = (0.0426383, -0.0020602, -0.0391297)


def _class_of_spotter(class_index: int, *, frozen: bool = False) -> tuple[Any, ...]:
    model = colour_spotter().requires_grad_(not frozen)
    return model, model.relu, colour_picture(), class_index


GRAPH = (
    (
        "does not require grad",
        "Nothing here asks for gradients, for example because all parameters are frozen, or inside "
        "`torch.no_grad()`. Give the forward pass a copy of `x` that asks for them.",
    ),
    (
        "have been used in the graph",
        "What your hook kept is no part of the graph. Keep `output` itself for the backward pass; detach the "
        "gradient at the end.",
    ),
    (
        "backward through the graph a second time",
        "The graph is gone after one backward pass. One is enough here.",
    ),
)
SHAPE = Misconception(
    "averaged",
    "There are fewer numbers than the layer's output has. Return one gradient for each of its values.",
    when=lambda got: got.numel() <= 3,
)

CAPTURE_GRADIENT = Task(
    name="capture_gradient",
    points=5,
    examples=(
        Example(
            "the colour spotter's ReLU, class 1 (red)",
            lambda: _class_of_spotter(1),
            _flat(*RED),
            (
                Misconception(
                    "probability_instead_of_logit",
                    "These values come from the softmax probability. The score is the logit.",
                    _flat(*RED_PROBABILITY),
                ),
                Misconception(
                    "all_classes",
                    "This is the gradient of the sum of all logits. Pick the one of the class asked for.",
                    ALL_FOUR,
                ),
                Misconception(
                    "output_returned",
                    "This is the layer's output. Return the gradient of the score with respect to it.",
                    tensor([COLOURS]),
                ),
                Misconception(
                    "input_gradient",
                    "This has the shape of `x`. Asked for is the gradient for the layer's output.",
                    when=lambda got: tuple(got.shape) == (1, 3, 4, 6),
                ),
                SHAPE,
            ),
            errors=GRAPH,
        ),
        Example(
            "the same, class 0 (blue)",
            lambda: _class_of_spotter(0),
            _flat(*BLUE),
            (
                Misconception(
                    "class_ignored",
                    "This is the gradient for red, the predicted class. 0 is a class, too.",
                    _flat(*RED),
                ),
            ),
            errors=GRAPH,
        ),
        Example(
            "the two-filter network's ReLU, whose gradient differs from cell to cell",
            lambda: (*_two_filters("relu"), 2),
            tensor([AT_RELU]),
            (
                Misconception(
                    "input_of_layer",
                    "This is the gradient for what went into the layer. In a full backward hook, "
                    "`grad_output` "
                    "belongs to the layer's output.",
                    tensor([AT_CONV]),
                ),
                Misconception(
                    "output_returned",
                    "This is the layer's output. Return the gradient of the score with respect to it.",
                    tensor([RELU]),
                ),
                Misconception(
                    "absolute",
                    "The gradient has lost its sign. Return it as it is.",
                    tensor([AT_RELU]).abs(),
                ),
                Misconception(
                    "all_classes",
                    "This is the gradient of the sum of all logits. Pick the one of the class asked for.",
                    tensor([AT_RELU]) * 4,
                ),
                SHAPE,
            ),
            errors=GRAPH,
        ),
        Example(
            "its convolution, in a model whose parameters are all frozen",
            lambda: (lambda model: (model.requires_grad_(False), model.conv, _counting_picture(), 3))(
                oracle_network()
            ),
            tensor([AT_CONV]),
            errors=GRAPH,
        ),
        Example(
            "a forward pass that fails: the error comes through, no hook stays",
            lambda: (*_class_of_spotter(1)[:2], _five_channels(), 1),
            Raises(RuntimeError, "channels"),
        ),
    ),
    hints=(
        "Two things are needed from one forward pass: the layer's output, still part of the graph, and the "
        "logits.",
        "Frozen parameters build no graph. Which tensor could ask for gradients in their place, without "
        "touching `x` itself?",
        "`torch.autograd.grad(score, tensor)` gives a tuple of one gradient and leaves no `.grad` anywhere. "
        "The score is one number out of the logits.",
        "The hook is only needed during the forward pass, so `finally:` can remove it before the gradient is "
        "taken. Return the gradient detached, on the CPU.",
    ),
)

QUESTIONS = (
    Question(
        "q_unchanged",
        "acd180aaa3832ae9$2de396eba2331c3f92335da6f652381931bb5e09e938994428df75ae126f48ca",
        {
            "A": "A hook that returns nothing hands the output on as it is. No weight is touched by a "
            "forward "
            "pass.",
            "B": "The arithmetic is the same, operation by operation, so the logits are the same to the last "
            "bit. Only a hook that returns something replaces the output.",
            "C": "`state_dict()` holds parameters and buffers. A hook is neither, so it is not saved with "
            "the "
            "model, either.",
            "D": "The layer keeps a list of hooks and calls them after its own work. That list is all that "
            "changes, until `handle.remove()` takes the entry out again.",
        },
    ),
    Question(
        "q_inplace",
        "849a962c78039ae0$e19935094ba383e819090f3ccf1b94beaaea0c9f075be14e1f1ea971ee0e32c8",
        {
            "A": "-30 is what the convolution gave. But the ReLU then wrote its result into the same memory.",
            "B": "`detach()` gives a new tensor on the same memory. The in-place ReLU writes there, and what "
            "was kept changes with it, without any message.",
            "C": "There is no error: `detach()` takes the kept tensor out of autograd's sight, and so "
            "nothing "
            "warns you.",
            "D": "A tensor always holds one number a cell; the hook kept a tensor, and so there are values "
            "to "
            "look at. They are only the wrong ones.",
        },
    ),
    Question(
        "q_leak",
        "8004016229355dbf$da1316b5bb9c3f14f0d2aef10b5fd7c28d1bd6556184006699ed108b59c01a1e",
        {
            "A": "Each run of the cell registers one more hook; the old ones are still there.",
            "B": "That would be one call for each run. But in the second run two hooks are registered "
            "already, in "
            "the third three.",
            "C": "1 + 2 + 3 + 4 + 5 = 15: each run calls all hooks registered so far. The work grows with "
            "the "
            "square of the runs.",
            "D": "PyTorch allows any number of hooks on a layer, and registering a second one is no error. "
            "That "
            "is why nobody notices.",
        },
    ),
)

GUIDE = LessonGuide(
    id="03_hooks",
    title="A sensor on a layer",
    tasks=(CAPTURE_OUTPUT, CAPTURE_ACTIVATIONS, CAPTURE_GRADIENT),
    questions=QUESTIONS,
    stand_in="teaching_resnet18",
)
