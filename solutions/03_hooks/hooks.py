# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3 · A sensor on a layer
# <!-- COLAB BADGE -->
#
# `model(x)` gives the scores and throws away everything on the way there. In this lesson you get at what is thrown away,
# without changing the model: you clamp a **hook** to a layer, as an electrician clamps a meter to a wire.
#
# **After this lesson you can**
#
# - keep the output of any layer of any PyTorch model, as it was when the layer made it;
# - keep many layers' outputs in one forward pass, by their names;
# - keep the gradient that comes back to a layer;
# - find two faults that make no noise: an in-place operation and a hook left behind.
#
# **You need:** tensors and convolutions (lesson 1), and Python functions, dicts and `try`/`finally`. A gradient is needed in the
# last part: it says how much a score changes when a number changes a little.
# **Time:** about 25 minutes. **Points:** 14 for three tasks, 3 for three questions, 2 for the reflection.
#
# Run the cells from top to bottom. A cell with TODO is yours; the cell below it checks your work, as often as you like.
# Stuck? `lesson.hint("capture_output")` gives a hint, and the next call a stronger one.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("03_hooks")

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import time

import torch
from torch import nn

from course_utils.controls import explore
from course_utils.display import show_maps
from course_utils.images import load_picture
from course_utils.tiny_models import COLOUR_CLASSES, colour_picture, colour_spotter, oracle_network

# %% [markdown]
# ## A model is a tree of modules with names
#
# A network is a module that holds modules that hold modules. Each has a **dotted name**, the way to it from the top. Here is
# a network small enough to follow with a pencil, the *colour spotter*: a convolution that averages red, green and blue over
# squares of 2×2 pixels, a ReLU, an average over the whole picture, and a linear layer that gives four scores.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_names", "locked": true, "schema_version": 3, "solution": false, "task": false}
spotter, tiny = colour_spotter(), colour_picture()
for name, module in spotter.named_modules():
    print(f"{name or '(the model)':12} {type(module).__name__}")

backbone = lesson.backbone  # ResNet-18, or what stands in for it
x_cat = backbone.preprocess(load_picture("cat")).to(lesson.device)
modules = dict(backbone.model.named_modules())
print(f"\nThe large model has {len(modules)} modules. Four that this lesson looks at:")
for role in ("first_conv", "early", "middle", "late"):
    name = backbone.layer_names[role]
    print(f"{name:12} {type(modules[name]).__name__}")

# %% [markdown]
# `dict(model.named_modules())` maps each dotted name to its module, and `model.get_submodule("layer2.0.conv1")` gives the one with that name.
# The text speaks of ResNet-18, whose layers are called `conv1`, `relu`, `layer2`, `layer4`. The teaching ResNet-18 has the same names and shapes; in another model they have the names printed above.
#
# ## Define, register, run, remove
#
# ![Schematic: a picture passes through three layers to the scores. A ring around the wire behind layer 2, the hook, copies what passes into a box named kept. What leaves layers 1 and 3 is marked as gone. Four steps below: 1 define, 2 register, 3 run, 4 remove, whatever happened in step 3.](pictures/sensor.svg)
#
# A **forward hook** is a function with three arguments. PyTorch calls it right after the layer has done its work:
#
# - `module`: the layer;
# - `inputs`: a *tuple* of what went in;
# - `output`: the tensor that came out.
#
# Here is one that only prints. Step 2 gives back a **handle**, and step 4 needs it.


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_first_hook", "locked": true, "schema_version": 3, "solution": false, "task": false}
def report(module, inputs, output):  # 1 define
    print(f"  {type(module).__name__}: {list(inputs[0].shape)} went in, {list(output.shape)} came out")


handle = spotter.conv.register_forward_hook(report)  # 2 register
print("with the hook:")
spotter(tiny)  # 3 run
handle.remove()  # 4 remove
print("after handle.remove():")
spotter(tiny)
print("  (nothing)")

# %% [markdown]
# ### Predict · what does a hook change?
#
# You register a hook on a layer. It stores the output and returns nothing. What is different about the model now?
#
# - **A** The layer's weights: they are touched each time the hook runs.
# - **B** The scores, in their last digits.
# - **C** `model.state_dict()`, which now holds the hook, too.
# - **D** The layer's own list of hooks, and nothing else.
#
# Put your answer in quotes, then run both cells.

# %% nbgrader={"grade": false, "grade_id": "answer_q_unchanged", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_unchanged = "D"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_unchanged", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_unchanged", answer_q_unchanged)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_unchanged", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal(), torch.no_grad():
    before = backbone.model(x_cat)
    weights = {name: value.clone() for name, value in backbone.model.state_dict().items()}
    seen = []
    handle = backbone.middle.register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
    try:
        with_hook = backbone.model(x_cat)
        state = backbone.model.state_dict()
    finally:
        handle.remove()
    print(f"the hook was called {len(seen)} time(s) and saw {list(seen[0])}")
    print(f"largest difference of a score with and without the hook: {(with_hook - before).abs().max():.1f}")
    print(f"state_dict: the same names: {list(state) == list(weights)}; the same values: ", end="")
    print(all(torch.equal(state[name], weights[name]) for name in weights))

# %% [markdown]
# So this is a misconception: **"to look inside a model, one must change it."** People cut networks apart, rewrite `forward`, or build a new
# model that ends earlier. A hook needs none of that. The model that you look into is the model that you use.
#
# ## A fault without a sound: the in-place ReLU
#
# The *two-filter network* has one convolution with two filters, a ReLU and a linear layer. Its input is the numbers 0 to 15, in four rows of
# four. Each filter adds up the 9 numbers under it and subtracts a constant, 50 or 75. You can check it by hand: the nine numbers
# in the top left corner are 0, 1, 2, 4, 5, 6, 8, 9, 10. Their sum is 45.
#
# | | filter 1 (−50) | filter 2 (−75) |
# |---|---|---|
# | top row | 45 − 50 = **−5**, 4 | 45 − 75 = **−30**, −21 |
# | bottom row | 31, 40 | 6, 15 |
#
# Then comes `nn.ReLU(inplace=True)`. *In place* means: it writes its result into the memory where its input was. That saves memory, and so
# ResNet-18 does it everywhere.
#
# ### Predict · what is in the box?
#
# A hook on the **convolution** keeps `output.detach()`. The in-place ReLU comes next. When `model(x)` is done, you look at the smallest number in what
# the hook kept. What is it?
#
# - **A** −30, as the convolution gave it
# - **B** 0
# - **C** Nothing: PyTorch raises an error
# - **D** Nothing: the kept tensor is empty

# %% nbgrader={"grade": false, "grade_id": "answer_q_inplace", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_inplace = "B"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_inplace", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_inplace", answer_q_inplace)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_inplace", "locked": true, "schema_version": 3, "solution": false, "task": false}
two_filters = oracle_network()
two_filters.relu = nn.ReLU(inplace=True)
sixteen = torch.zeros(1, 3, 4, 4)
sixteen[0, 0] = torch.arange(16.0).view(4, 4)

box = {}


def keep_both(module, inputs, output):
    box["detach"], box["detach and clone"] = output.detach(), output.detach().clone()


with lesson.reveal():
    handle = two_filters.conv.register_forward_hook(keep_both)
    two_filters(sixteen)
    handle.remove()
    show_maps(
        [box["detach and clone"][0, 1], box["detach"][0, 1]],
        titles=["kept with .detach().clone()", "kept with .detach()"],
        signed=True,
        suptitle="Filter 2: without a copy, the negative numbers are lost",
        label="output of the convolution",
        alt="Two maps of 2 by 2 cells. Kept with clone: -30 and -21 in the top row, 6 and 15 below. Kept with detach "
        "alone: 0 and 0 in the top row, 6 and 15 below.",
    )
    for way, kept in box.items():
        print(f"{way:17} smallest number kept: {kept.min():6.1f}   {kept[0, 1].tolist()}")

# %% [markdown]
# `detach()` alone gives a new tensor on the **same memory**. So does `.cpu()` when the tensor is on the CPU already. `clone()` makes a copy that nobody else
# writes to. The values would be right on many models, and wrong on the next one: so copy always.
#
# ### Task 1 · `capture_output` (4 points)
#
# Keep what a layer gives. Three things to get right:
#
# - the output **as it was** when the layer made it, for as many pictures as there are in `x`;
# - **no hook left behind**, also when the forward pass fails: `try: ... finally: ...`. The error itself comes through, do not catch it;
# - return it detached, on the CPU.


# %% nbgrader={"grade": false, "grade_id": "capture_output", "locked": false, "schema_version": 3, "solution": true, "task": false}
def capture_output(model: nn.Module, layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """What one layer gives for x, as it was when the layer gave it.

    model: any network, in eval mode. layer: a module inside it that runs once and returns one tensor.
    x: a batch [N, 3, H, W]. Returns the layer's output, of whatever shape, detached and on the CPU.
    """
    ### BEGIN SOLUTION
    kept = {}

    def keep(module, inputs, output):
        kept["output"] = output.detach().clone()

    handle = layer.register_forward_hook(keep)
    try:
        with torch.no_grad():
            model(x)
    finally:
        handle.remove()
    return kept["output"].cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_capture_output", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(capture_output)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_output", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("capture_output"):
    first = capture_output(backbone.model, backbone.first_conv, x_cat)
    print(f"the first convolution gives {list(first.shape)}")
    # Four of the sixteen channels that vary most; neighbours in that order often look alike.
    strongest = first[0].flatten(1).var(dim=1).argsort(descending=True)[:16:4].tolist()
    show_maps(
        [first[0, channel] for channel in strongest],
        titles=[f"channel {channel}" for channel in strongest],
        signed=True,
        shared=False,
        suptitle="The cat, as four filters of the first layer see it",
        alt="Four signed maps of the cat photograph from the first convolution. Its eyes, nose and stripes can be made out.",
    )

# %% [markdown]
# You should see the cat four times, each time through another filter (here the teaching ResNet-18's; another model shows other channels, and the same cat):
#
# ![Expected output: four maps of the cat in red and blue. In each the eyes and the nose can be made out, drawn by another filter.](pictures/expected_output.webp)
#
# ## Many layers at once
#
# Running the model once for each layer works, and costs a pass each time. Hooks can be set on many layers at once; then one pass fills them all.
#
# A trap is waiting in the loop. Look at this, without any network:

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_late_binding", "locked": true, "schema_version": 3, "solution": false, "task": false}
shouts = []
for word in ("early", "middle", "late"):
    shouts.append(lambda: word)  # noqa: B023 (this mark silences a linter that warns of just this trap)
print("each function was made with another word, and now says:", [shout() for shout in shouts])


def make_shout(word):
    return lambda: word


print(
    "made by a function that takes the word:               ",
    [shout() for shout in map(make_shout, ("early", "middle", "late"))],
)

# %% [markdown]
# A function looks a loop's variable up when it **runs**, not when it was made. Hooks run long after the loop is over. So make each hook
# in a function that takes its name.
#
# ### Task 2 · `capture_activations` (5 points)
#
# Keep the outputs of several layers, by their dotted names:
#
# - **one** forward pass, any number of pictures;
# - the dict in the order of `layer_names`, which need not be the order of the forward pass;
# - each output as it was when its layer made it;
# - an unknown name: a `KeyError` that names it. And no hook left, although hooks on the names before it may be set already.


# %% nbgrader={"grade": false, "grade_id": "capture_activations", "locked": false, "schema_version": 3, "solution": true, "task": false}
def capture_activations(model: nn.Module, layer_names: list[str], x: torch.Tensor) -> dict[str, torch.Tensor]:
    """What several layers give for x, in one forward pass.

    model: any network, in eval mode. layer_names: dotted names, as in model.named_modules(). x: a batch [N, 3, H, W].
    Returns name → output (detached, on the CPU), in the order of layer_names. Raises KeyError for an unknown name.
    """
    ### BEGIN SOLUTION
    modules = dict(model.named_modules())
    kept, handles = {}, []

    def hook_for(name):
        def keep(module, inputs, output):
            kept[name] = output.detach().clone()

        return keep

    try:
        for name in layer_names:
            if name not in modules:
                raise KeyError(f"no layer is called {name!r}")
            handles.append(modules[name].register_forward_hook(hook_for(name)))
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return {name: kept[name].cpu() for name in layer_names}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_capture_activations", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
lesson.check(capture_activations)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_activations", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("capture_activations"):
    names = [backbone.layer_names[role] for role in ("early", "middle", "late")]
    captured = capture_activations(backbone.model, names, x_cat)
    print(f"{'layer':12} {'channels × height × width':>26} {'numbers':>10}")
    print(f"{'the picture':12} {'3×224×224':>26} {3 * 224 * 224:>10,}")
    for name, output in captured.items():
        print(f"{name:12} {'×'.join(str(side) for side in output.shape[1:]):>26} {output.numel():>10,}")

    def mean_map(layer):
        show_maps(
            [captured[layer][0].mean(dim=0)],
            titles=[f"{layer}: mean over {captured[layer].shape[1]} channels"],
            suptitle="One of the layers that one pass kept",
            label="mean activation",
            alt=f"The mean over all channels of the output of {layer} for the cat picture.",
        )

    explore(mean_map, layer=names)

# %% [markdown]
# For ResNet-18 the table reads 64×112×112, 128×28×28, 512×7×7: the maps get smaller, and there are more of them. In a live notebook, a menu
# under the picture lets you choose the layer. What these maps show is the subject of lesson 4.
#
# ## The other fault: a hook left behind
#
# Notebook cells are run again and again. This one registers a hook and forgets to remove it:
#
# ```python
# handle = layer.register_forward_hook(hook)
# model(x)
# ```
#
# ### Predict · the forgotten hook
#
# You run this cell **five times**. How often is the hook called, all runs together?
#
# - **A** Once: a new hook replaces the old one.
# - **B** 5 times
# - **C** 15 times
# - **D** Once; the second run raises an error, because the layer has a hook already.

# %% nbgrader={"grade": false, "grade_id": "answer_q_leak", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_leak = "C"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_leak", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_leak", answer_q_leak)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_leak", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal():
    leaky, kept, forgotten = colour_spotter(), [], []

    def milliseconds(model, times=20):
        taken = []
        for _ in range(times):
            start = time.perf_counter()
            model(tiny)
            taken.append(time.perf_counter() - start)
        return min(taken) * 1000  # the quickest: the others waited for something else

    print(f"{'runs of the cell':>16} {'hooks on the layer':>19} {'calls so far':>13} {'one pass takes':>15}")
    for run in range(1, 501):
        forgotten.append(
            leaky.relu.register_forward_hook(lambda module, inputs, output: kept.append(output.clone()))
        )
        with torch.no_grad():
            leaky(tiny)
            if run in (1, 5, 50, 500):
                calls = len(kept)
                print(f"{run:>16} {run:>19} {calls:>13,} {milliseconds(leaky):>12.2f} ms")
                del kept[calls:]  # the calls of the stop-watch do not count

    per_call = 4 * seen[0].numel() / 1e6
    print(
        f"\nOn the large model's middle layer each call would keep {per_call:.2f} MB: after 50 runs {1275 * per_call:,.0f} MB."
    )
    for handle in forgotten:
        handle.remove()
    with torch.no_grad():
        print(f"After removing all of them, one pass takes {milliseconds(leaky):.2f} ms again.")

# %% [markdown]
# Nothing is wrong with any answer, and so nobody notices. The notebook gets slower and fuller with each run, until the kernel dies. That is a
# **leak**. The handle is the only clean way to take a hook off; if it is lost, make the model anew. With `try`/`finally`, it cannot be lost.
#
# ## The way back: gradients
#
# Training sends a gradient backward through the network. You can start it at any number, for example at the **score** of one class, its logit. What arrives at a layer's
# output says for each of its values: *if this value grew a little, by how much would the score grow?*
#
# In the two-filter network each score is a weighted sum of the ReLU's eight outputs, with weights 1, 1, 1, 1 for filter 1 and 1, −1, −1, −1 for
# filter 2. So at the ReLU's output the gradient **is** these weights. At the convolution's output it is the same, but 0 where the ReLU had cut: those values can
# grow a little without anyone noticing.
#
# | gradient | filter 1 | filter 2 |
# |---|---|---|
# | at the ReLU's output | 1, 1 / 1, 1 | 1, −1 / −1, −1 |
# | at the convolution's output | **0**, 1 / 1, 1 | **0**, **0** / −1, −1 |
#
# PyTorch offers three ways to get at it:
#
# | way | how | mind |
# |---|---|---|
# | full backward hook | `layer.register_full_backward_hook(hook)`, `hook(module, grad_input, grad_output)`, two tuples; `grad_output[0]` belongs to the layer's output | raises where an in-place operation comes right behind the layer |
# | tensor hook | inside a forward hook: `output.register_hook(hook)`, `hook(gradient)` | runs during the backward pass |
# | `torch.autograd.grad(score, output)` | keep `output` in a forward hook, then ask for the gradient; gives a tuple | leaves no `.grad` anywhere |
#
# The first replaced `register_backward_hook`, which you still meet in old code. For a module made of several operations, the old hook gave the
# `grad_input` of the last operation alone, and called it the module's. It is deprecated. Here are the first two at work, on the convolution with the in-place ReLU behind it:

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal():
    arrived = {}

    def note_backward(module, grad_input, grad_output):
        arrived["full backward hook"] = grad_output[0]

    def note_forward(module, inputs, output):
        output.register_hook(lambda gradient: arrived.update({"tensor hook": gradient}))

    for way, register in (
        ("full backward hook", lambda: two_filters.conv.register_full_backward_hook(note_backward)),
        ("tensor hook", lambda: two_filters.conv.register_forward_hook(note_forward)),
    ):
        handle = register()
        try:
            score = two_filters(sixteen.clone().requires_grad_())[0, 0]
            score.backward()
            print(f"{way:19} gives {arrived[way][0].tolist()}")
        except RuntimeError as error:
            print(f"{way:19} raises: {str(error).split('.')[0]}.")
        finally:
            handle.remove()
            two_filters.zero_grad()

# %% [markdown]
# The full backward hook looks at the output through a *view*, and a view must not be overwritten. The tensor hook sits on the tensor itself and does not mind. (ResNet-18 has an
# in-place ReLU behind most of its BatchNorm layers: there you will meet this error. A BatchNorm layer shifts and scales each channel.)
#
# Two more things to know before the task:
#
# - Where all parameters are **frozen** (`requires_grad=False`), nothing asks for gradients, and no graph is built. A copy of the picture can ask instead:
#   `x.detach().clone().requires_grad_()`.
# - `score.backward()` also fills `.grad` of every parameter. That is a trace that a measurement should not leave.
#
# ### Task 3 · `capture_gradient` (5 points)
#
# The gradient of one class's score with respect to a layer's output. The score is the **logit**, not the softmax probability, and 0 is a class.


# %% nbgrader={"grade": false, "grade_id": "capture_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
def capture_gradient(model: nn.Module, layer: nn.Module, x: torch.Tensor, class_index: int) -> torch.Tensor:
    """How the score of a class would change with each value of a layer's output.

    model: a classifier in eval mode, logits [1, K]; its parameters may be frozen. layer: a module inside it.
    x: one picture [1, 3, H, W]. Returns the gradient, of the shape of the layer's output, detached and on the CPU.
    """
    ### BEGIN SOLUTION
    kept = {}

    def keep(module, inputs, output):
        kept["output"] = output

    handle = layer.register_forward_hook(keep)
    try:
        logits = model(x.detach().clone().requires_grad_())
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(logits[0, class_index], kept["output"])
    return gradient.detach().cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_capture_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
lesson.check(capture_gradient)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_gradient", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("capture_output", "capture_gradient"):
    table = {"output": capture_output(spotter, spotter.relu, tiny)[0]}
    for colour in ("red", "blue"):
        index = COLOUR_CLASSES.index(colour)
        table[f"gradient for {colour}"] = capture_gradient(spotter, spotter.relu, tiny, index)[0]
    print(f"{'at the ReLU':18} {'map of red':>34} {'map of green':>38} {'map of blue':>38}")
    for title, maps in table.items():
        cells = ["  ".join(f"{value:5.2f}" for value in one.flatten().tolist()) for one in maps]
        print(f"{title:18} {cells[0]}  | {cells[1]}  | {cells[2]}")

    index, label, _ = backbone.predict(x_cat, k=1)[0]
    gradient = capture_gradient(backbone.model, backbone.middle, x_cat, index)[0]
    print(f"\n{backbone.layer_names['middle']}: gradient {list(gradient.shape)} for the score of {label}")
    strongest = gradient.abs().mean(dim=(1, 2)).argsort(descending=True)[:4].tolist()
    show_maps(
        [gradient[channel] for channel in strongest],
        titles=[f"channel {channel}" for channel in strongest],
        signed=True,
        suptitle=f"Red: more here raises the score of {label}; blue: it lowers it",
        label="gradient of the score",
        alt=f"Four signed maps of the gradient of the score of {label} at the middle layer. Red and blue cells stand "
        "side by side, in a pattern of regular dots; no cat can be recognised.",
    )

# %% [markdown]
# The gradient for red is 1/6 in the map of red, −1/6 in the map of green and 0 in that of blue: the score of red is the *mean* of six cells of red minus the mean of green.
# In the large model the middle layer is far from the score, and its gradient differs from cell to cell, in size and in sign. The regular dots are traces of strides: behind `layer2` two steps of stride 2 follow, each with
# a shortcut that looks at every second cell only, so more gradient comes back to some cells than to their neighbours. Lesson 6 turns gradients of the last layer into a heatmap.
#
# ## Stretch: where is the model silent? (not graded)
#
# A ReLU cuts everything below zero. Which share of each ReLU's output is exactly 0 for the cat, from the first to the last? Print it for every `nn.ReLU` or `nn.ReLU6`. One
# forward pass is enough. A module may run twice in a pass: what will your dict hold then?

# %% nbgrader={"grade": false, "grade_id": "stretch_silent", "locked": false, "schema_version": 3, "solution": true, "task": false}
# The share of zeros behind every ReLU, in the order of the forward pass.
with lesson.reveal():
    ### BEGIN SOLUTION
    shares, handles = [], []

    def share_hook(name):
        return lambda module, inputs, output: shares.append((name, float((output == 0).float().mean())))

    try:
        for name, module in backbone.model.named_modules():
            if isinstance(module, (nn.ReLU, nn.ReLU6)):
                handles.append(module.register_forward_hook(share_hook(name)))
        with torch.no_grad():
            backbone.model(x_cat)
    finally:
        for handle in handles:
            handle.remove()
    # A list and not a dict: a module that runs twice appears twice.
    for name, share in shares[:: max(1, len(shares) // 8)]:
        print(f"{name:24} {share:6.1%} {'▇' * round(30 * share)}")
    ### END SOLUTION

# %% [markdown]
# ## Reflection (2 points, read by a person)
#
# A friend shows you her notebook. One cell clamps hooks to a network, keeps the outputs in a list and draws them. *"It worked this morning,"* she says. *"Now
# each run takes longer than the one before. And half of the values that I keep from the BatchNorm layers are exactly zero. I think my model is broken."*
#
# Write four to six sentences. Which two faults do you suspect? For each, name a measurement that would confirm it, and the line of code that repairs it. Is her model broken?

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# She registers hooks in each run and never removes them, so each run calls all earlier hooks, too, and the list grows. I would count how often a hook is called in one pass: it should be once. The
# repair is to keep the handles and to remove them in a `finally`. The zeros come from in-place ReLUs behind the BatchNorm layers, which overwrite what `detach()` shares. I would keep
# `output.detach()` and `output.detach().clone()` side by side and compare them after the pass; the repair is the `clone()`. Her model is fine: the weights and the scores are the same as without hooks.
#
# ### BEGIN MARK SCHEME
# - 1 point: hooks left behind, with a measurement that would show it (calls in one pass, time or memory over runs, length of the list) and the repair (handle.remove() in finally).
# - 1 point: in-place operation overwrites what was kept without clone, with a measurement (compare with a clone, look for negative values) and the repair (clone); says that the model itself is unchanged.
# - Half points are possible. Language and length do not count.
# ### END MARK SCHEME

# %% [markdown]
# ## What each instrument answers
#
# | instrument | its question | mind |
# |---|---|---|
# | filters (lesson 2) | What does this layer look for? | readable in the first layer alone |
# | **forward hook** | What did this layer give for this picture? | clone; remove in `finally` |
# | **full backward hook** | What gradient came back to this layer? | no in-place operation right behind it |
# | **tensor hook, `autograd.grad`** | What gradient came back to this tensor? | something must ask for gradients |
#
# And a way to debug: when a model surprises you, look at shapes, ranges and zeros layer by layer before you guess.
#
# **Next:** [lesson 4, *What did this layer find here?*](../04_activation_maps/activation_maps.ipynb). What the captured maps show, at three depths.
#
# **Sources.** PyTorch documentation, `torch.nn.Module.register_forward_hook` and `register_full_backward_hook`; `torch.Tensor.register_hook`. ·
# The two-filter network is the one on which Captum tests its attributions (Kokhlikyan et al., *Captum: A unified and generic model interpretability library for PyTorch*, 2020).

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.progress()

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_hand_in", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.hand_in()
