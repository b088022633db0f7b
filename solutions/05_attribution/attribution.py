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
# # 5 · Which pixels matter?
# <!-- COLAB BADGE -->
#
# A network says *cat*. Which pixels made it say so? There are four classic ways to ask. You build them all in this lesson, and then
# you put them to a test that not all of them survive.
#
# **After this lesson you can**
#
# - compute a saliency map, and say what a gradient with respect to a pixel means;
# - measure by covering, without any gradient, and say what that costs;
# - change what a ReLU does on the way back: deconvnet and guided backpropagation;
# - test an explanation itself: does it find the right animal, and does it depend on what the network has learned?
#
# **You need:** hooks and `torch.autograd.grad` (lesson 3). **Time:** about 30 minutes.
# **Points:** 18 for four tasks, 4 for four questions, 2 for the reflection.
#
# Run the cells from top to bottom. A cell with TODO is yours; the cell below it checks your work, as often as you like.
# Stuck? `lesson.hint("saliency_map")` gives a hint, and the next call a stronger one.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("05_attribution")

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import copy
import time
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from IPython.display import ProgressBar
from torch import nn

from course_utils.composites import PAIRS, two_animals
from course_utils.display import show_heatmap, show_maps, show_pictures
from course_utils.images import load_picture, normalise, to_image
from course_utils.tiny_models import oracle_network

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "cat", "locked": true, "schema_version": 3, "solution": false, "task": false}
backbone = lesson.backbone  # ResNet-18, or what stands in for it: the line below says which one is in use
x_cat = backbone.preprocess(load_picture("cat")).to(lesson.device)
seen_cat = to_image(x_cat.cpu(), backbone.mean, backbone.std)
cat = backbone.predict(x_cat, k=1)[0][0]
for index, label, probability in backbone.predict(x_cat, k=3):
    print(f"{probability:6.1%}  {label}  (class {index})")

# %% [markdown]
# The numbers in the text come from EfficientNet-Lite0. If the line above names another model, your numbers differ; everything below works for it as well.
#
# ## Change a pixel a little: the gradient
#
# *How much would the score of this class change if this pixel changed a little?* That is a gradient: not for the weights, as in training, but for the **picture**. Simonyan et al. (2014) drew
# its size as an image and called it a **saliency map**:
#
# $$\mathrm{saliency}(i,j) = \max_{\text{colours } k} \left| \frac{\partial\, y_c}{\partial\, x_k(i,j)} \right|$$
#
# The score $y_c$ is the logit of class $c$. The absolute value is there because a pixel matters in either direction. The maximum makes one number of three colours.
#
# ### By hand, once
#
# The two-filter network of lesson 3 again. Its input is the numbers 0 to 15 in four rows of four. Each filter adds the nine numbers under it and subtracts 50 or 75:
#
# | | filter 1 (−50) | filter 2 (−75) |
# |---|---|---|
# | into the ReLU | −5, 4 / 31, 40 | −30, −21 / 6, 15 |
# | weight in the score | 1, 1 / 1, 1 | 1, −1 / −1, −1 |
#
# The score is 4 + 31 + 40 − 6 − 15 = **54**. Now add 1 to a pixel. Each open cell whose 3×3 window holds that pixel grows by 1, and the score by the cell's weight. In the bottom row
# the filters cancel: +1 and −1 for the same window. What is left is the cell at the top right of filter 1, and its window: rows 1 to 3, columns 2 to 4. So the saliency map is 1 there and 0 elsewhere.
#
# ### Task 1 · `saliency_map` (4 points)
#
# The parameters may be frozen, the picture has any size, and 0 is a class.


# %% nbgrader={"grade": false, "grade_id": "saliency_map", "locked": false, "schema_version": 3, "solution": true, "task": false}
def saliency_map(model: nn.Module, x: torch.Tensor, class_index: int) -> torch.Tensor:
    """How strongly the score of a class reacts to each pixel (Simonyan et al. 2014, section 3.1).

    model: a classifier in eval mode, logits [1, K]. x: one picture [1, 3, H, W]. Returns [H, W]: the absolute
    gradient of the class's logit, its maximum over the channels, detached and on the CPU.
    """
    ### BEGIN SOLUTION
    source = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    return gradient[0].abs().amax(dim=0).cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_saliency_map", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(saliency_map)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS


# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
def visible(values):
    """A map of any size or sign as brightness in [0, 1]: the strongest half per cent is white."""
    strength = values.abs().amax(dim=0) if values.ndim == 3 else values.abs()
    return (strength / strength.flatten().quantile(0.995).clamp(min=1e-12)).clamp(max=1)


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_saliency", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("saliency_map"):
    saliency = saliency_map(backbone.model, x_cat, cat)
    show_pictures(
        [seen_cat, visible(saliency)],
        titles=["the picture", f"saliency for {backbone.labels[cat]}"],
        suptitle="Saliency: a cloud of dots, in which a cat is hard to see",
        alt="The photograph of a cat, and its saliency map: white dots on black, scattered over the whole picture; the outlines of the eyes can just be made out.",
    )
    brighter = x_cat.clone()
    row, col = divmod(int(saliency.argmax()), saliency.shape[1])
    brighter[0, :, row, col] += 0.01
    with torch.no_grad():
        moved = float((backbone.model(brighter) - backbone.model(x_cat))[0, cat])
    print(
        f"the most salient pixel is at row {row}, column {col}; all its colours 0.01 up: the score moves by {moved:+.4f}"
    )

# %% [markdown]
# **Misconception: "a dark pixel plays no part."** A gradient speaks of *small* changes from here. In the two-filter network the bottom row of pixels has saliency 0, because the two filters cancel there. Now cover that row:

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_dark", "locked": true, "schema_version": 3, "solution": false, "task": false}
two_filters, sixteen = oracle_network(), torch.zeros(1, 3, 4, 4)
sixteen[0, 0] = torch.arange(16.0).view(4, 4)
without = sixteen.clone()
without[:, :, 3] = 0
with torch.no_grad():
    print(
        f"score with the bottom row: {two_filters(sixteen)[0, 0]:.0f}; without it: {two_filters(without)[0, 0]:.0f}"
    )

# %% [markdown]
# From 54 to 4: a large change closes ReLUs that a small one leaves alone. So let us make large changes.
#
# ## Take a patch away: occlusion
#
# Cover a square of the picture with grey, run the network again, and note how far the **probability** of the class falls (Zeiler and Fergus 2014). Then move the square. It needs no gradient and no look inside: any classifier will do.
#
# ### Predict · what does it cost?
#
# A picture of 224×224 pixels, a patch of 32×32, moved by 8 pixels at a time, always fully inside. How many covered pictures must the network look at?
#
# - **A** 25
# - **B** 49
# - **C** 625
# - **D** 784
#
# Put your answer in quotes, then run both cells.

# %% nbgrader={"grade": false, "grade_id": "answer_q_passes", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_passes = "C"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_passes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_passes", answer_q_passes)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 2 · `occlusion_map` (5 points)
#
# Write the plain loop: row by row, column by column. `rows` is `(H - patch) // stride + 1`, columns likewise. What is kept is the probability on `x` **minus** the one on the covered picture.


# %% nbgrader={"grade": false, "grade_id": "occlusion_map", "locked": false, "schema_version": 3, "solution": true, "task": false}
def occlusion_map(
    model: nn.Module, x: torch.Tensor, class_index: int, patch: int = 32, stride: int = 16, fill: float = 0.0
) -> torch.Tensor:
    """How far a class's probability falls when a patch is covered (Zeiler and Fergus 2014, section 4.2).

    model: a classifier in eval mode, logits [1, K]. x: one picture [1, 3, H, W]. patch: the square's side.
    stride: the step. fill: the value put into all channels of the patch. Returns [rows, cols]; the cell (r, c)
    belongs to the patch whose upper left corner is (r * stride, c * stride).
    """
    ### BEGIN SOLUTION
    rows, cols = (x.shape[2] - patch) // stride + 1, (x.shape[3] - patch) // stride + 1
    drops = torch.zeros(rows, cols)
    with torch.no_grad():
        before = model(x).softmax(dim=1)[0, class_index]
        for r in range(rows):
            for c in range(cols):
                covered = x.clone()
                top, left = r * stride, c * stride
                covered[:, :, top : top + patch, left : left + patch] = fill
                drops[r, c] = before - model(covered).softmax(dim=1)[0, class_index]
    return drops
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_occlusion_map", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
lesson.check(occlusion_map)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# It takes a while, so here is a progress bar. It needs no change in your function: a **hook** on the model counts the pictures that pass (lesson 3 pays off).


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
@contextmanager
def progress(model, pictures):
    """A bar that fills while `pictures` pictures go through the model."""
    bar = ProgressBar(pictures)

    def count(module, inputs, output):
        bar.progress = min(pictures, bar.progress + len(output))

    bar.display()
    handle = model.register_forward_hook(count)
    try:
        yield
    finally:
        handle.remove()


def spread(drops, patch, stride, size):
    """An occlusion map at the picture's size: each pixel gets the mean of the patches that covered it."""
    flat = drops.flatten()[None, None].expand(1, patch * patch, -1)
    total, count = (F.fold(v, size, patch, stride=stride)[0, 0] for v in (flat, torch.ones_like(flat)))
    return total / count.clamp(min=1)


# %% [markdown]
# ### Predict · a negative cell
#
# The picture shows a flamingo on the left and a penguin on the right. You ask for *flamingo* and cover the penguin. The cell is **negative**: the probability of *flamingo* has grown. What does that say?
#
# - **A** There is an error: covering can only take away.
# - **B** The network did not look there.
# - **C** The penguin speaks for *flamingo*.
# - **D** The penguin spoke for a rival, and so against *flamingo*.

# %% nbgrader={"grade": false, "grade_id": "answer_q_negative", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_negative = "D"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_negative", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_negative", answer_q_negative)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_occlusion", "locked": true, "schema_version": 3, "solution": false, "task": false}
pair = two_animals(*PAIRS[0])
x_pair = normalise(pair.image, backbone.mean, backbone.std).to(lesson.device)
right = pair.labels[1]
with lesson.reveal("occlusion_map"):
    start = time.perf_counter()
    with progress(backbone.model, 50):
        drops = occlusion_map(backbone.model, x_pair, right, patch=32, stride=32)
    plain_seconds = time.perf_counter() - start
    maps = [occlusion_map(backbone.model, x_pair, pair.labels[0], patch=32, stride=32), drops]
    show_maps(
        maps,
        titles=[f"probability lost: {backbone.labels[index]}" for index in pair.labels],
        signed=True,
        shared=False,
        suptitle="Red: covering hurts. Blue: covering helps",
        alt="Two maps of 7 by 7 cells. For flamingo, cells on the left are red and those on the penguin blue; for king penguin, "
        "cells on the right are red and those on the flamingo blue.",
    )
    print(f"{drops.numel() + 1} passes, one picture at a time: {plain_seconds:.1f} s")
    for name, index in zip(pair.names, pair.labels, strict=True):
        half = x_pair.shape[-1] // 2
        shares = []
        for side in (slice(0, 0), slice(0, half), slice(half, None)):
            covered = x_pair.clone()
            covered[..., side] = 0
            with torch.no_grad():
                shares.append(float(backbone.model(covered).softmax(dim=1)[0, index]))
        print(
            f"{name:13} as it is {shares[0]:6.1%}   left half covered {shares[1]:6.1%}   right half covered {shares[2]:6.1%}"
        )

# %% [markdown]
# ### The same, faster (not graded)
#
# Nothing in the loop waits for anything else. So put many covered copies into **one batch**. A GPU is built to compute many pictures at once. A CPU has the same work to do either way, and
# gains little: on two cores, the quickest of five tries, our loop of 50 passes took 2.0 s, batches of four 1.5 s, and batches of sixteen 2.5 s, longer than the loop. So measure before you believe. (The solution also stores its batches in the memory layout `channels_last`, which some
# processors prefer, on a copy of the model; on ours it made no difference.) A few pictures at a time keep the memory bounded: 625 at once would need gigabytes.


# %% nbgrader={"grade": false, "grade_id": "stretch_fast", "locked": false, "schema_version": 3, "solution": true, "task": false}
def occlusion_map_fast(model, x, class_index, patch=32, stride=16, fill=0.0, batch=4):
    """The same map as occlusion_map gives, `batch` covered pictures at a time."""
    ### BEGIN SOLUTION
    corners = [
        (top, left)
        for top in range(0, x.shape[2] - patch + 1, stride)
        for left in range(0, x.shape[3] - patch + 1, stride)
    ]
    shares, quick = [], copy.deepcopy(model).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        before = quick(x).softmax(dim=1)[0, class_index]
        for first in range(0, len(corners), batch):
            part = corners[first : first + batch]
            covered = x.repeat(len(part), 1, 1, 1).contiguous(memory_format=torch.channels_last)
            for picture, (top, left) in zip(covered, part, strict=True):
                picture[:, top : top + patch, left : left + patch] = fill
            shares.append(quick(covered).softmax(dim=1)[:, class_index])
        drops = before - torch.cat(shares)
    return drops.view((x.shape[2] - patch) // stride + 1, -1).clone().cpu()
    ### END SOLUTION


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_fast", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("occlusion_map", "occlusion_map_fast"):
    start = time.perf_counter()
    with progress(backbone.model, 50):
        same = occlusion_map_fast(backbone.model, x_pair, right, patch=32, stride=32)
    fast_seconds = time.perf_counter() - start
    print(
        f"plain loop {plain_seconds:5.1f} s   batches {fast_seconds:5.1f} s   largest difference {(same - drops).abs().max():.1e}"
    )
    with progress(backbone.model, 50):
        fine = occlusion_map_fast(backbone.model, x_pair, right, patch=50, stride=29)
    fine = spread(fine, 50, 29, tuple(x_pair.shape[-2:]))
    show_heatmap(
        pair.image,
        fine.clamp(min=0),
        title="overlapping patches, averaged",
        label="probability lost",
        alt="A flamingo and a king penguin side by side, and the same with the occlusion map for king penguin over it, coarse: "
        "bright on and around the penguin, dark on the flamingo.",
    )

# %% [markdown]
# Occlusion has limits of its own. It is slow. The patch's size and filling are choices, and each choice is another question. A grey square is a thing that no photograph contains, so the network may react to the *square*. And where two eyes say the same,
# covering one of them costs nothing.
#
# ## Change the way back: deconvnet and guided backpropagation
#
# Saliency is noisy. Two methods draw much clearer pictures. Both change one thing: what a **ReLU** does in the backward pass.
#
# ![Schematic of one ReLU and three rules for the way back. Forward, 3 and 2 pass, minus 1 and minus 4 are cut. Backward, the gradient minus 2, 5, 4, minus 1 arrives. Backpropagation passes minus 2 and 4, where the ReLU was open. Deconvnet passes 5 and 4, where the gradient is positive. Guided backpropagation passes 4 alone, where both hold.](pictures/backward_rules.svg)
#
# - **Backpropagation** passes the gradient where the ReLU was *open*.
# - **Deconvnet** (Zeiler and Fergus 2014) passes it where the *gradient* is positive, whatever the ReLU's input was.
# - **Guided backpropagation** (Springenberg et al. 2015) passes it where *both* hold.
#
# In the two-filter network the gradient 1, 1 / 1, 1 arrives at filter 1 and 1, −1 / −1, −1 at filter 2. Each cell that passes paints its 3×3 window:
#
# | rule | filter 1 passes | filter 2 passes | at the pixel in row 2, column 2 |
# |---|---|---|---|
# | backpropagation | 0, 1 / 1, 1 | 0, 0 / −1, −1 | 1 + 1 + 1 − 1 − 1 = 1 |
# | deconvnet | 1, 1 / 1, 1 | **1**, 0 / 0, 0 | 1 + 1 + 1 + 1 + 1 = 5 |
# | guided | 0, 1 / 1, 1 | 0, 0 / 0, 0 | 1 + 1 + 1 = 3 |
#
# Look at the bold 1. Deconvnet paints the window of a cell that was silent. And look at what both have thrown away: filter 2, which spoke *against* the class in the bottom row. **What is cut at every layer is the evidence against.**
#
# ### Task 3 · `guided_backprop` (5 points)
#
# A ReLU's own backward already closes where it was closed. What is missing is the other condition, on the gradient that arrives at its **output**. Lesson 3 has the tool: a tensor hook, set inside a forward hook. A tensor hook that *returns* a tensor
# replaces the gradient by it:

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_tensor_hook", "locked": true, "schema_version": 3, "solution": false, "task": false}
number = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
doubled = 2 * number
handle = doubled.register_hook(lambda gradient: gradient * torch.tensor([1.0, 0.0, 10.0]))
print("with the hook:   ", torch.autograd.grad(doubled.sum(), number, retain_graph=True)[0].tolist())
handle.remove()
print("without the hook:", torch.autograd.grad(doubled.sum(), number)[0].tolist())

# %% [markdown]
# Three things to get right: `nn.ReLU6` is a class of its own, and no kind of `nn.ReLU`; a ReLU may work in place, and one module may run twice in a pass; and every hook is gone afterwards, also when the forward pass fails.


# %% nbgrader={"grade": false, "grade_id": "guided_backprop", "locked": false, "schema_version": 3, "solution": true, "task": false}
def guided_backprop(model: nn.Module, x: torch.Tensor, class_index: int) -> torch.Tensor:
    """The gradient for the picture, where every ReLU passes positive gradients alone (Springenberg et al. 2015).

    model: a classifier in eval mode, logits [1, K]; its nn.ReLU and nn.ReLU6 modules follow the rule.
    x: one picture [1, 3, H, W]. Returns [3, H, W], with its signs, detached and on the CPU.
    """

    ### BEGIN SOLUTION
    def keep_positive(module, inputs, output):
        output.register_hook(lambda gradient: gradient.clamp(min=0))

    relus = [module for module in model.modules() if isinstance(module, (nn.ReLU, nn.ReLU6))]
    handles = [relu.register_forward_hook(keep_positive) for relu in relus]
    try:
        source = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        for handle in handles:
            handle.remove()
    return gradient[0].cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_guided_backprop", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
lesson.check(guided_backprop)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 4 · `deconvnet` (4 points)
#
# Now the closed ReLU must pass gradients, too. A hook on its output comes too early: after it, the ReLU's own backward closes the door again. So that backward itself must be replaced. PyTorch lets you write an operation with a backward pass of your own. Here is one that
# computes $x^2$ and then lies about its slope:


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "liar", "locked": true, "schema_version": 3, "solution": false, "task": false}
class SquareThatSaysOne(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value, scale):  # scale is a plain number
        return scale * value**2

    @staticmethod
    def backward(ctx, gradient):  # one answer for each argument of forward; None for what is no tensor
        return gradient, None


number = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
squares = SquareThatSaysOne.apply(number, 1.0)
print("values:", squares.tolist(), " gradient:", torch.autograd.grad(squares.sum(), number)[0].tolist())

# %% [markdown]
# The second half of the trick: `relu.forward = some_function` gives *one* module another forward, without touching its class, and `del relu.forward` gives the old one back. The forward **values** must stay those of a ReLU or a ReLU6.


# %% nbgrader={"grade": false, "grade_id": "deconvnet", "locked": false, "schema_version": 3, "solution": true, "task": false}
def deconvnet(model: nn.Module, x: torch.Tensor, class_index: int) -> torch.Tensor:
    """The gradient for the picture, where every ReLU passes what is positive of it, open or closed (Zeiler and Fergus 2014).

    model: a classifier in eval mode, logits [1, K]; its nn.ReLU and nn.ReLU6 modules follow the rule.
    x: one picture [1, 3, H, W]. Returns [3, H, W], with its signs, detached and on the CPU.
    """

    ### BEGIN SOLUTION
    class PositiveOnly(torch.autograd.Function):
        @staticmethod
        def forward(ctx, value, top):
            return value.clamp(0, top)

        @staticmethod
        def backward(ctx, gradient):
            return gradient.clamp(min=0), None

    relus = [module for module in model.modules() if isinstance(module, (nn.ReLU, nn.ReLU6))]
    try:
        for relu in relus:
            top = 6.0 if isinstance(relu, nn.ReLU6) else float("inf")
            relu.forward = lambda value, top=top: PositiveOnly.apply(value, top)
        source = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(source)[0, class_index], source)
    finally:
        for relu in relus:
            vars(relu).pop("forward", None)
    return gradient[0].cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_deconvnet", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(deconvnet)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_four", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("saliency_map", "guided_backprop", "deconvnet"):
    show_pictures(
        [
            seen_cat,
            visible(saliency_map(backbone.model, x_cat, cat)),
            visible(deconvnet(backbone.model, x_cat, cat)),
            visible(guided_backprop(backbone.model, x_cat, cat)),
        ],
        titles=["the picture", "saliency", "deconvnet", "guided backpropagation"],
        suptitle="The rule at the ReLUs decides how clear the picture looks",
        alt="Four panels: the cat; its saliency map, scattered dots; deconvnet; guided backpropagation, in which "
        "the eyes and the nose are drawn in fine lines.",
    )

# %% [markdown]
# Yours should look like this (here with EfficientNet-Lite0):
#
# ![Expected output: the cat; its saliency map, a cloud of dots; deconvnet, a regular grid in which no cat can be made out; guided backpropagation, with eyes and nose in fine lines on black.](pictures/expected_four.webp)
#
# Deconvnet gives a grid and no cat here. We asked it about three other photographs and got the same grid each time (rank correlation 1.00): it does not ask which ReLUs were open, and so it hardly depends on the picture. It was made for another kind of network, with max-pooling, whose
# switches carry the picture's places. Now, which one would you show to your boss? Guided backpropagation, of course: eyes and nose, as an artist would draw them. So let us look whether it is *true*.
#
# ## First test: does it find the animal you ask about?
#
# Two animals are pasted side by side, so we know every pixel of each: we have exact **masks**. Ask for one animal, and count which share of the map's **energy** (its sum) lies inside that animal's mask. This is the energy pointing game (Wang et al. 2020). A share alone says
# little: a map that is the same everywhere scores the animal's **share of the area**. So the two always stand side by side. And because there are two animals, we can ask one thing more: how much lies on the *other* one?
#
# ### Predict · ask for the other animal
#
# You ask `guided_backprop` for the flamingo, then for the penguin beside it. What happens to its fine lines?
#
# - **A** They move from the one animal to the other.
# - **B** Much of the energy stays where it was, on both animals.
# - **C** They vanish for the animal with the smaller probability.
# - **D** They turn from positive to negative.

# %% nbgrader={"grade": false, "grade_id": "answer_q_other_animal", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_other_animal = "B"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_other_animal", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_other_animal", answer_q_other_animal)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_pointing", "locked": true, "schema_version": 3, "solution": false, "task": false}
def strength(values):
    """A map without signs, [H, W]: its energy is its sum."""
    return values.abs().amax(dim=0) if values.ndim == 3 else values.clamp(min=0)


def all_maps(model, x, index):
    """The four instruments on one picture and class, each as energy [H, W]."""
    covered = spread(occlusion_map(model, x, index, patch=56, stride=42), 56, 42, tuple(x.shape[-2:]))
    return {
        "saliency": strength(saliency_map(model, x, index)),
        "occlusion": strength(covered),
        "deconvnet": strength(deconvnet(model, x, index)),
        "guided backprop": strength(guided_backprop(model, x, index)),
    }


with lesson.reveal("saliency_map", "occlusion_map", "guided_backprop", "deconvnet"):
    rows, pictures = {}, {}
    with progress(backbone.model, 6 * 29):
        for names in PAIRS[:3]:
            scene = two_animals(*names)
            x = normalise(scene.image, backbone.mean, backbone.std).to(lesson.device)
            for own, other, index in zip(names, names[::-1], scene.labels, strict=True):
                masks = [torch.from_numpy(scene.masks[name]) for name in (own, other)]
                for method, energy in all_maps(backbone.model, x, index).items():
                    shares = [float(energy[mask].sum() / energy.sum().clamp(min=1e-12)) for mask in masks]
                    rows.setdefault(method, []).append([*shares, *(float(m.float().mean()) for m in masks)])
                    pictures[own, method] = energy
    print("means of 6 questions     inside the animal asked for     on the other animal")
    print("                             energy    (area)            energy   (area)   asked / other")
    for method, found in rows.items():
        own, other, own_area, other_area = torch.tensor(found).mean(dim=0).tolist()
        times = f"{own / other:.1f}" if own < 99 * other else "over 99"
        print(f"{method:22}{own:12.0%}    ({own_area:.0%}){other:18.0%}    ({other_area:.0%}){times:>12}")
    show_pictures(
        [visible(pictures[name, method]) for name in PAIRS[0] for method in rows],
        titles=[f"{method}: {name.replace('_', ' ')}" for name in PAIRS[0] for method in rows],
        columns=4,
        suptitle="Upper row: flamingo asked for (left). Lower row: king penguin (right)",
        alt="Eight maps. Saliency and guided backpropagation show both animals in both rows; deconvnet gives the same pattern "
        "twice; occlusion lies on the animal asked for.",
    )

# %% [markdown]
# With EfficientNet-Lite0 each animal fills 8 % of the picture, and the means were:
#
# | | on the animal asked for | on the other | area of each |
# |---|---|---|---|
# | saliency | 19 % | 16 % | 8 % |
# | occlusion | 25 % | 0 % | 8 % |
# | deconvnet | 9 % | 9 % | 8 % |
# | guided backpropagation | 36 % | 21 % | 8 % |
#
# Guided backpropagation wins the pointing game: 36 %, more than four times the area. With one animal in the picture we would have stopped here, full of praise. But it puts 21 % on the animal that we did **not** ask for. It finds *animals*, and leans a little towards the right one. Saliency
# can hardly tell them apart. Deconvnet scores what a map without any preference would score. Occlusion is blurred, since its patches reach over the outline, and it is the only one that knows *which* animal.
#
# ## Second test: does it depend on what was learned?
#
# Adebayo et al. (2018) asked a question so simple that it hurts. Replace the network's learned weights by **random** ones, from the top down: first the head, the last linear layer, then more and more. The network now knows nothing. An explanation of what it knows must **change**. One that stays the same was never about the knowledge.
#
# Two numbers say how alike two maps are. **Spearman's** rank correlation sorts the pixels by strength and compares the orders. **SSIM** compares patterns in small windows. For both, 1 is the same, and about 0 has nothing in common.
#
# ### Predict · the head is random
#
# Only the last layer, the head, gets random weights. Every layer below is as it was. Which map stays nearly the same?
#
# - **A** guided backpropagation
# - **B** saliency
# - **C** occlusion
# - **D** None of them: without its head, the network is blind.

# %% nbgrader={"grade": false, "grade_id": "answer_q_random", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_random = "A"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_random", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_random", answer_q_random)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "alike", "locked": true, "schema_version": 3, "solution": false, "task": false}
def spearman(one, two):
    """Rank correlation of two maps, in [-1, 1]."""

    def ranks(values):
        # Equal values share the mean of their ranks: maps of patches are full of them.
        _, inverse, counts = values.flatten().unique(return_inverse=True, return_counts=True)
        return (counts.cumsum(0) - (counts - 1) / 2).double()[inverse]

    return float(torch.corrcoef(torch.stack([ranks(one), ranks(two)]))[0, 1])


def ssim(one, two, window=7):
    """Structural similarity (Wang et al. 2004), the mean over all windows; both maps in [0, 1]."""
    one, two = one.double()[None, None], two.double()[None, None]
    mean1, mean2 = F.avg_pool2d(one, window, 1), F.avg_pool2d(two, window, 1)
    unbiased = window**2 / (window**2 - 1)
    var1 = unbiased * (F.avg_pool2d(one * one, window, 1) - mean1**2)
    var2 = unbiased * (F.avg_pool2d(two * two, window, 1) - mean2**2)
    both = unbiased * (F.avg_pool2d(one * two, window, 1) - mean1 * mean2)
    small1, small2 = 0.01**2, 0.03**2  # they keep flat windows from 0 / 0
    top = (2 * mean1 * mean2 + small1) * (2 * both + small2)
    return float((top / ((mean1**2 + mean2**2 + small1) * (var1 + var2 + small2))).mean())


def randomise(layers, generator):
    """New weights for these layers: normal numbers with the old ones' mean and spread, and nothing learned in them."""
    with torch.no_grad():
        for layer in layers:
            for weight in layer.parameters(recurse=False):
                noise = torch.randn(weight.shape, generator=generator).to(weight.device)
                spread_of = weight.std() if weight.numel() > 1 else weight.abs()
                weight.copy_(weight.mean() + spread_of * noise)


def refresh_statistics(model, x):
    """BatchNorm measures its inputs anew, so that signals keep their size behind random weights."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average
        norm.train()
    with torch.no_grad():
        model(x)
    model.eval()


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_sanity", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("saliency_map", "occlusion_map", "guided_backprop", "deconvnet"):
    broken, generator = copy.deepcopy(backbone.model), torch.Generator().manual_seed(0)
    layers = [module for module in broken.modules() if any(True for _ in module.parameters(recurse=False))][
        ::-1
    ]
    stages = {
        "the head": 1,
        "a third": len(layers) // 3,
        "two thirds": 2 * len(layers) // 3,
        "all": len(layers),
    }
    learned = all_maps(broken, x_cat, cat)
    shown, sanity, done = {"as learned": learned}, {}, 0
    with progress(broken, 4 * 29):
        for stage, upto in stages.items():
            randomise(layers[done:upto], generator)
            if upto > 1:
                refresh_statistics(broken, x_cat)
            done = upto
            shown[stage] = all_maps(broken, x_cat, cat)
            for method, energy in shown[stage].items():
                first, now = visible(learned[method]), visible(energy)
                sanity[method, stage] = spearman(learned[method], energy), ssim(first, now)
    print("random from the top:" + "".join(f"{stage:>18}" for stage in stages))
    print("                    " + "    Spearman  SSIM" * len(stages))
    for method in learned:
        print(f"{method:20}" + "".join("{:12.2f}{:6.2f}".format(*sanity[method, stage]) for stage in stages))
    stages_shown = ("as learned", "the head", "two thirds", "all")
    show_pictures(
        [visible(shown[stage][method]) for method in learned for stage in stages_shown],
        titles=[f"{method}: {stage}" for method in learned for stage in stages_shown],
        columns=4,
        suptitle="Random weights from the top: which rows change at once?",
        alt="Sixteen maps: a row for each instrument, and in it the map as learned, then with the head, two thirds and all of "
        "the layers random. The rows of saliency and occlusion change with the head; those of deconvnet and guided "
        "backpropagation stay the same then.",
    )

# %% [markdown]
# Ours, with EfficientNet-Lite0 (Spearman, SSIM):
#
# | | only the head random | two thirds random | all random |
# |---|---|---|---|
# | saliency | 0.36, 0.26 | 0.19, 0.14 | 0.05, 0.05 |
# | occlusion | −0.11, 0.27 | 0.02, 0.27 | 0.03, 0.31 |
# | deconvnet | **1.00, 1.00** | 0.76, 0.70 | 0.28, 0.03 |
# | guided backpropagation | **1.00, 1.00** | 0.43, 0.32 | 0.12, 0.12 |
#
# **Saliency and occlusion change at once. Deconvnet and guided backpropagation do not notice that the head is gone.** That is the direction of Adebayo et al. (2018), who found it on other networks: gradients change, guided backpropagation hardly does. With two thirds of the layers random, guided
# backpropagation is still more like itself than saliency was after the head alone. Only with random weights in all layers, the edge filters among them, is hardly anything left. (Theirs stayed alike even longer. One reason may be that in our model a third of the convolutions have no ReLU behind them, and there signs mix again. Occlusion's
# SSIM does not fall to 0: its maps are made of a few flat squares, and flat squares look alike. We shuffled the patches of the learned map at random, thirty times, and SSIM was still 0.45 on average. So about 0.3 means nothing in common.)
#
# Why? The head enters as one row of weights at the very top, the same for every place. The rule then keeps positive parts at each ReLU on the way down, and what is positive stays positive. Which pixels shine at the end is mostly decided by the ReLUs that are open, and those depend on the *picture*.
# The class counts for little: for five other classes, goldfish, zebra and coffee mug among them, the guided map of this cat has a rank correlation above 0.99 with the one above. Saliency's is below 0.4. Guided backpropagation redraws lines of the picture, whatever you ask.
#
# **Misconception: "the clearest picture is the best explanation."** A picture can be clear because the *photograph* is clear.
#
# ## Stretch: can the class be brought back? (not graded)
#
# Make guided backpropagation class-specific: subtract the map of the other animal from the map of the one you ask for, and play the pointing game again with what is positive. Does it help?

# %% nbgrader={"grade": false, "grade_id": "stretch_difference", "locked": false, "schema_version": 3, "solution": true, "task": false}
# The difference of two guided maps, in the pointing game.
with lesson.reveal("guided_backprop"):
    ### BEGIN SOLUTION
    one, two = (guided_backprop(backbone.model, x_pair, index) for index in pair.labels)
    for name, difference in zip(pair.names, (one - two, two - one), strict=True):
        energy = difference.clamp(min=0).amax(dim=0)
        shares = {
            key: float(energy[torch.from_numpy(mask)].sum() / energy.sum())
            for key, mask in pair.masks.items()
        }
        print(f"asked for {name:13}", "   ".join(f"on {key}: {share:.0%}" for key, share in shares.items()))
    ### END SOLUTION

# %% [markdown]
# ## Reflection (2 points, read by a person)
#
# A company sells a network that reads X-rays. Its brochure shows guided-backpropagation pictures: every rib and the outline of the tumour in fine white lines. *"You can see that our network looks at the tumour."*
#
# Write four to six sentences. What do such lines prove, and what not? Which test would you ask the company to run before you believe the picture, and which result would convince you?

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# The lines prove that there are edges at these places and that open paths lead from them to the score. They would look much the same for another class, or for a network with a random head, so they do not show that the network uses the tumour.
# I would ask for the sanity check: random weights from the top, and Spearman or SSIM against the original. The method must change at once; if it stays, it cannot speak about what was learned. Then I would cover the tumour, and for comparison places of the same size elsewhere, on
# many pictures. If the probability falls with the tumour alone, I would begin to believe it.
#
# ### BEGIN MARK SCHEME
# - 1 point: says that crisp lines follow the picture's edges and may not depend on class or learned weights, so they are no proof of what is used.
# - 1 point: names a test (random weights, another class or the pointing game with area share, occlusion with a control) and a result that would count for or against the claim.
# - Half points are possible. Language and length do not count.
# ### END MARK SCHEME

# %% [markdown]
# ## What each instrument answers
#
# | instrument | its question | its limit |
# |---|---|---|
# | activation maps (lessons 3, 4) | What did this layer find here? | no class in it |
# | **saliency** | Which pixels move the score when they change a little? | noisy; blind to what only a large change would show |
# | **occlusion** | What is lost when this patch is gone? | slow; depends on patch and filling |
# | **deconvnet** | What could have driven these units? | hardly depends on the class |
# | **guided backpropagation** | Where are the lines that open paths lead to? | hardly depends on the class, nor on the head |
# | **pointing game** | Does a map lie where it should? | needs masks; compare with the area |
# | **sanity check** | Does a map depend on what was learned? | passing it proves little; failing it proves much |
#
# And a way to debug: before you trust an instrument, use it on something of which you know the answer.
#
# **Next:** [lesson 6, *What mattered for this prediction?*](../06_grad_cam/grad_cam.ipynb). An instrument that knows the class, and that changed at once in the tests of Adebayo et al.
#
# **Sources.** Simonyan et al., *Deep Inside Convolutional Networks*, ICLR workshop 2014. · Zeiler and Fergus, *Visualizing and Understanding Convolutional Networks*, ECCV 2014. ·
# Springenberg et al., *Striving for Simplicity: The All Convolutional Net*, ICLR workshop 2015. · Adebayo et al., *Sanity Checks for Saliency Maps*, NeurIPS 2018. ·
# Wang et al., *Score-CAM*, CVPR workshop 2020 (energy pointing game). · Wang et al., *Image Quality Assessment: From Error Visibility to Structural Similarity*, 2004. **Further reading:** LIME and SHAP, which learn from many covered pictures at once; Nie et al. 2018 on why guided backpropagation redraws its input.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.progress()

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_hand_in", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.hand_in()
