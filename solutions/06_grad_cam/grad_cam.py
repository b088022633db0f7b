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
# # 6 · What mattered for this prediction?
# <!-- COLAB BADGE -->
#
# A network says *cat*. Which part of the picture made it say so? In this lesson you build the instrument that answers:
# **Grad-CAM**, in six short steps. Then you find out how far its answer can be trusted.
#
# **After this lesson you can**
#
# - compute a class activation map, and say when a network has one;
# - build Grad-CAM for any CNN classifier, and for any class you ask about;
# - show that the same picture gives different heatmaps for different classes;
# - say what a heatmap does not tell you, and test it.
#
# **You need:** hooks (lesson 3), activation maps (lesson 4), gradients as importance (lesson 5).
# **Time:** about 25 minutes. **Points:** 20 for six tasks, 4 for four questions, 2 for the reflection.
#
# Run the cells from top to bottom. A cell with TODO is yours; the cell below it checks your work, as often as you like.
# Stuck? `lesson.hint("cam")` gives a hint, and the next call a stronger one.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("06_grad_cam")

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import copy

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from course_utils.composites import PAIRS, Placement, make_background, paste, two_animals
from course_utils.display import compare_classes, show_heatmap, show_maps, show_pictures
from course_utils.files import data_dir
from course_utils.images import list_pictures, load_picture, picture_info, to_image
from course_utils.tiny_models import COLOUR_CLASSES, colour_picture, colour_spotter

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "cat", "locked": true, "schema_version": 3, "solution": false, "task": false}
backbone = lesson.backbone  # ResNet-18, or what stands in for it: the line below says which one is in use
x_cat = backbone.preprocess(load_picture("cat")).to(lesson.device)
for index, label, probability in backbone.predict(x_cat, k=3):
    print(f"{probability:6.1%}  {label}  (class {index})")

# %% [markdown]
# The picture is a cat, and the model's first choices are cats. Its numbers do not say *why*: the eyes, the
# whiskers, the pattern of the fur?
#
# In lesson 4 you saw what a layer found, for no class in particular. In lesson 5 you saw which single pixels matter, as a
# noisy cloud. Now we join the two: **where** from the last feature maps, **for which class** from the gradient.
#
# The text speaks of ResNet-18, whose last layer gives 512 maps of 7×7 cells. Another model has other numbers of channels;
# everything below works for it as well.

# %% [markdown]
# ## First the special case: CAM
#
# Some networks end in a very plain way. The last feature maps $A_1, \dots, A_C$ are averaged, each to one number (global
# average pooling, GAP), and one linear layer weighs those numbers. The score of class $c$ is
#
# $$y_c = b_c + \sum_k w_{ck}\; \underbrace{\frac{1}{hw}\sum_{i,j} A_k(i,j)}_{\text{average of map } k}$$
#
# Both sums are finite, so we may swap them: first weigh the maps, then average over the cells. What stands inside the
# average is a picture of the evidence, cell by cell:
#
# $$\mathrm{CAM}_c(i,j) = \sum_k w_{ck}\, A_k(i,j)$$
#
# This is the **class activation map** (Zhou et al. 2016). No gradient is needed: the weights lie ready in the linear layer.
#
# Here is a network small enough to follow with a pencil. It knows three colours and has four classes. Its head says that
# *red* is red minus green:

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_spotter", "locked": true, "schema_version": 3, "solution": false, "task": false}
spotter, tiny = colour_spotter(), colour_picture()
with torch.no_grad():
    tiny_maps = spotter.relu(spotter.conv(tiny))  # [1, 3, 2, 3]
    tiny_logits = spotter(tiny)[0]
show_maps(
    tiny_maps[0],
    titles=["map 1: red", "map 2: green", "map 3: blue"],
    suptitle="Three maps: red is at the top, blue at the lower right",
    label="activation",
    alt="Three maps of 2 by 3 cells. The red one is strongest in the top middle cell, the green one is even, "
    "the blue one is strongest at the lower right.",
)
print("weights of the class red:", spotter.fc.weight[1].tolist())
for name, logit in zip(COLOUR_CLASSES, tiny_logits, strict=True):
    print(f"score of {name:5}: {logit:6.2f}")

# %% [markdown]
# ### Task 1 · `cam` (3 points)
#
# Write the class activation map: weigh each feature map by the class's weight for it, and add. No ReLU, no scaling.


# %% nbgrader={"grade": false, "grade_id": "cam", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cam(features: torch.Tensor, classifier_weight: torch.Tensor, class_index: int) -> torch.Tensor:
    """The class activation map (Zhou et al. 2016, equation 2).

    features: [1, C, h, w], the maps that global average pooling receives. classifier_weight: [K, C], one row for each
    class. class_index: the class asked for. Returns [h, w].
    """
    ### BEGIN SOLUTION
    weights = classifier_weight[class_index]
    return (weights[:, None, None] * features[0]).sum(dim=0).detach().cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_cam", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
lesson.check(cam)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_cam", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("cam"):
    maps = [cam(tiny_maps, spotter.fc.weight.detach(), c) for c in (1, 0)]
    show_maps(
        maps,
        titles=["CAM of red", "CAM of blue"],
        signed=True,
        suptitle="One picture, two classes, two maps",
        label="evidence",
        alt="Two signed maps of 2 by 3 cells. For red, the top middle cell is strongly positive and the right column "
        "negative. For blue, the lower right cell is strongly positive and the left cells negative.",
    )
    print(f"average of the map of red: {maps[0].mean():.2f}; score of red: {tiny_logits[1]:.2f}")

# %% [markdown]
# The average of the map *is* the score (up to the bias $b_c$). Nothing is estimated here: the map splits the score into places.
#
# **What CAM asks for:** GAP and one linear layer at the end. ResNet-18 has that. VGG-16 does not: it has three linear layers,
# and there is no row of weights to read off. For such networks we need weights from somewhere else.
#
# ## From CAM to Grad-CAM
#
# How much does the score change when map $k$ grows a little? That is a gradient, and every network has gradients. In the GAP
# network above it is $\partial y_c / \partial A_k(i,j) = w_{ck}/(hw)$, the same in each cell: the weight again, up to a
# constant. In other networks it differs from cell to cell, so we take its mean. That one idea is **Grad-CAM** (Selvaraju et
# al. 2017):
#
# ![Schematic of Grad-CAM in six numbered steps. 1: the picture runs forward; the last feature maps A and the scores are kept. 2: backward from the score of one class, here cat. 3: the gradients of each map are averaged to one weight, 0.8, 0.1 and 0.5. 4: the maps are added with these weights. 5: ReLU keeps the evidence in favour. 6: the small map is enlarged to the picture's size and divided by its maximum.](pictures/six_steps.svg)
#
# | step | in words | in symbols |
# |---|---|---|
# | 1 | forward; keep the last maps and the scores | $A_k$, $y_c$ |
# | 2 | backward from the score of one class | $\partial y_c / \partial A_k(i,j)$ |
# | 3 | average over space: one weight for each map | $\alpha_k = \frac{1}{hw}\sum_{i,j} \partial y_c / \partial A_k(i,j)$ |
# | 4 | weighted sum of the maps | $\sum_k \alpha_k A_k$ |
# | 5 | ReLU | $\max(0, \cdot)$ |
# | 6 | enlarge to the picture, divide by the maximum | values in [0, 1] |
#
# ### By hand, once
#
# Three maps of 2×2 cells. Step 3 has given the weights **0.8**, **0.1** and **0.5**:
#
# | | map 1 | map 2 | map 3 |
# |---|---|---|---|
# | top row | 1, 0 | 0, 3 | 2, 1 |
# | bottom row | 2, 1 | 1, 0 | 0, 4 |
# | weight | 0.8 | 0.1 | 0.5 |
#
# Top left cell: $0.8\cdot 1 + 0.1\cdot 0 + 0.5\cdot 2 = 1.8$. Bottom right: $0.8\cdot 1 + 0.1\cdot 0 + 0.5\cdot 4 = 2.8$.
# Work out the other two before you read on.
#
# The whole sum is (1.8, 0.8) over (1.7, 2.8). Nothing is negative, so the ReLU changes nothing. Divided by the maximum, 2.8,
# it is (0.64, 0.29) over (0.61, 1). The hottest cell is at the bottom right: map 3 shouts there, and its weight is not small.
#
# ### Task 2 · `channel_weights` (2 points)
#
# Step 3: from the gradients to one weight for each map.


# %% nbgrader={"grade": false, "grade_id": "channel_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def channel_weights(gradients: torch.Tensor) -> torch.Tensor:
    """One weight for each map: its mean gradient (Selvaraju et al. 2017, equation 1).

    gradients: [1, C, h, w], the gradient of the class score with respect to the maps. Returns [1, C].
    """
    ### BEGIN SOLUTION
    return gradients.mean(dim=(2, 3)).detach().cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_channel_weights", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
lesson.check(channel_weights)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 3 · `weighted_activation_sum` (3 points)
#
# Step 4: add the maps with their weights. Keep all four axes; `grad_cam` will need them for enlarging.


# %% nbgrader={"grade": false, "grade_id": "weighted_activation_sum", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weighted_activation_sum(weights: torch.Tensor, activations: torch.Tensor) -> torch.Tensor:
    """The sum of the maps, each times its weight (Selvaraju et al. 2017, equation 2 before the ReLU).

    weights: [1, C]. activations: [1, C, h, w], on any device. Returns [1, 1, h, w].
    """
    ### BEGIN SOLUTION
    weights = weights.to(activations.device)
    return (weights[:, :, None, None] * activations).sum(dim=1, keepdim=True).detach().cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_weighted_activation_sum", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
lesson.check(weighted_activation_sum)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Predict · what does a negative cell say?
#
# Take the same three maps and *another class*, with weights −0.6, 0.4 and 0.2. In the top left cell the weighted sum is
# $-0.6\cdot 1 + 0.4\cdot 0 + 0.2\cdot 2 = -0.2$. What does this −0.2 say?
#
# - **A** The network did not look at that cell.
# - **B** What was found in that cell speaks against this class.
# - **C** There is an error: a weight cannot be negative.
# - **D** The class is unlikely as a whole.
#
# Put your answer in quotes, then run both cells.

# %% nbgrader={"grade": false, "grade_id": "answer_q_relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_relu = "B"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_relu", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_relu", answer_q_relu)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_worked", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("channel_weights", "weighted_activation_sum"):
    worked_maps = torch.tensor([[[[1.0, 0], [2, 1]], [[0.0, 3], [1, 0]], [[2.0, 1], [0, 4]]]])
    sums = [
        weighted_activation_sum(torch.tensor([w]), worked_maps)[0, 0]
        for w in ([0.8, 0.1, 0.5], [-0.6, 0.4, 0.2])
    ]
    show_maps(
        [*sums, sums[1].relu()],
        titles=["first class: all in favour", "other class: two cells against", "other class after the ReLU"],
        signed=True,
        suptitle="The ReLU keeps what speaks for the class",
        label="weighted sum",
        alt="Three maps of 2 by 2 cells. First class: all four cells positive, the lower right strongest. Other class: "
        "the right column positive, the left column negative. After the ReLU the left column is zero.",
    )
    print("first class:", [[round(v, 2) for v in row] for row in sums[0].tolist()])
    print("other class:", [[round(v, 2) for v in row] for row in sums[1].tolist()])

# %% [markdown]
# ### Task 4 · `grad_cam` (6 points)
#
# Now all six steps, for any CNN classifier and any layer in it. Use your two functions. Four things to get right:
#
# - The score is the **logit**, not the softmax probability. `class_index=None` means the predicted class, and 0 is a class.
# - ReLU on the **small** map; then enlarge (bilinear, `align_corners=False`) to the height and width of `x`; then divide by
#   the maximum. If nothing is positive, return zeros, not NaN.
# - Leave no trace: remove your hook even when the forward pass fails, leave no `.grad` behind, change nothing.
# - It must work on a model whose parameters are all frozen.


# %% nbgrader={"grade": false, "grade_id": "grad_cam", "locked": false, "schema_version": 3, "solution": true, "task": false}
def grad_cam(
    model: nn.Module, layer: nn.Module, x: torch.Tensor, class_index: int | None = None
) -> tuple[torch.Tensor, int]:
    """Where the evidence for a class lies, as seen by one layer (Selvaraju et al. 2017).

    model: a classifier in eval mode, logits [1, K]. layer: a module inside it whose output is [1, C, h, w].
    x: [1, 3, H, W]. class_index: the class asked for; None for the predicted one.
    Returns (heatmap [H, W] with values in [0, 1], the class index as an int).
    """
    # 1 forward, keep the layer's output   2 backward from one logit   3 average   4 weighted sum   5 ReLU   6 enlarge
    ### BEGIN SOLUTION
    kept = {}

    def keep(module, inputs, output):
        kept["activations"] = output

    handle = layer.register_forward_hook(keep)
    try:
        # A copy that asks for gradients: it builds the graph even where every parameter is frozen.
        logits = model(x.detach().clone().requires_grad_())
    finally:
        handle.remove()
    if class_index is None:
        class_index = int(logits[0].argmax())
    activations = kept["activations"]
    (gradients,) = torch.autograd.grad(logits[0, class_index], activations)
    small = weighted_activation_sum(channel_weights(gradients), activations.detach()).relu()
    heatmap = F.interpolate(small, size=x.shape[-2:], mode="bilinear", align_corners=False)[0, 0]
    if heatmap.max() > 0:
        heatmap = heatmap / heatmap.max()
    return heatmap.detach().cpu(), class_index
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_grad_cam", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
lesson.check(grad_cam)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Predict · how fine is a heatmap?
#
# The picture has 224×224 pixels, the last maps of ResNet-18 have 7×7 cells. How long is the side of the square in the picture that
# one cell stands for?
#
# - **A** 1 pixel
# - **B** 7 pixels
# - **C** 32 pixels
# - **D** 224 pixels

# %% nbgrader={"grade": false, "grade_id": "answer_q_resolution", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_resolution = "C"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_resolution", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_resolution", answer_q_resolution)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_cat", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("grad_cam"):
    seen_cat = to_image(x_cat.cpu(), backbone.mean, backbone.std)
    heat_cat, index_cat = grad_cam(backbone.model, backbone.gradcam_layer, x_cat)
    show_heatmap(
        seen_cat,
        heat_cat,
        title=f"Grad-CAM for {backbone.labels[index_cat]}",
        alt="The photograph of a cat, and beside it the same picture with the Grad-CAM heatmap of the predicted class.",
    )
    cells = F.avg_pool2d(heat_cat[None, None], 32)[0, 0]
    show_maps(
        [heat_cat, cells],
        titles=["the heatmap: looks smooth", "its mean in each 32×32 square"],
        suptitle="The smooth edges come from enlarging",
        label="evidence",
        alt="Left the heatmap of the cat in full size, smooth. Right the same as 7 by 7 squares: there is no more detail in it.",
    )

# %% [markdown]
# Yours should look like this (here with EfficientNet-Lite0; another model gives another map on the same cat):
#
# ![Expected output: the cat photograph, and beside it the heatmap over it. The evidence is brightest on the cheek and along the muzzle, and dark at the right edge.](pictures/expected_cat.webp)
#
# **Limit 1: resolution.** The heatmap has the detail of the layer's maps, and no more. A thin outline or a single whisker cannot be told from it.
#
# ## Same picture, two classes
#
# Here are two animals in one picture. The model gives both classes some probability. Because we pasted the animals
# ourselves, we know exactly which half belongs to which.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_pair", "locked": true, "schema_version": 3, "solution": false, "task": false}
pair = two_animals(*PAIRS[0])
x_pair = backbone.preprocess(pair.image).to(lesson.device)
seen_pair = to_image(x_pair.cpu(), backbone.mean, backbone.std)
with torch.no_grad():
    shares = backbone.model(x_pair).softmax(dim=1)[0]
show_pictures(
    [seen_pair],
    titles=[f"{pair.names[0]} | {pair.names[1]}".replace("_", " ")],
    alt=f"Two cut-out animals on a plain background: {pair.names[0]} on the left, {pair.names[1]} on the right.",
)
for side, index in zip(("left", "right"), pair.labels, strict=True):
    print(f"{side:5}  {backbone.labels[index]:15} probability {float(shares[index]):6.1%}")

# %% [markdown]
# ### Predict · ask for the other animal
#
# One of the two has the larger probability. You ask `grad_cam` for the **other** one. Where will the heatmap be bright?
#
# - **A** On the animal with the larger probability: that is what the model predicts.
# - **B** On the animal you ask for.
# - **C** On both alike: the feature maps are the same for both classes.
# - **D** Nowhere: the class has a small probability, so its gradient is close to zero.

# %% nbgrader={"grade": false, "grade_id": "answer_q_two_classes", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_two_classes = "B"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_two_classes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_two_classes", answer_q_two_classes)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 5 · `class_heatmaps` (4 points)
#
# One heatmap for each of the `k` most probable classes.


# %% nbgrader={"grade": false, "grade_id": "class_heatmaps", "locked": false, "schema_version": 3, "solution": true, "task": false}
def class_heatmaps(
    model: nn.Module, layer: nn.Module, x: torch.Tensor, k: int = 2
) -> tuple[torch.Tensor, list[int]]:
    """Grad-CAM for the k most probable classes, the most probable first.

    model, layer, x: as for grad_cam. Returns (heatmaps [k, H, W], list of k class indices as ints).
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        classes = model(x)[0].topk(k).indices.tolist()
    return torch.stack([grad_cam(model, layer, x, c)[0] for c in classes]), classes
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_class_heatmaps", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(class_heatmaps)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_two_classes", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("grad_cam", "class_heatmaps"):
    _, first = class_heatmaps(backbone.model, backbone.gradcam_layer, x_pair, k=3)
    print("most probable:", ", ".join(backbone.labels[index] for index in first))
    pair_heats = [grad_cam(backbone.model, backbone.gradcam_layer, x_pair, index)[0] for index in pair.labels]
    compare_classes(
        seen_pair,
        pair_heats,
        titles=[f"evidence for {backbone.labels[index]}" for index in pair.labels],
        suptitle="Each class lights up its own animal",
        alt="The picture of two animals, then two heatmaps over it: the first is bright on the left animal, "
        "the second on the right one.",
    )
    print("share of each heatmap that lies in its own animal's half (a map without any preference: 50 %)")
    for names in PAIRS[:5]:
        scene = two_animals(*names)
        x = backbone.preprocess(scene.image).to(lesson.device)
        left, right = (
            grad_cam(backbone.model, backbone.gradcam_layer, x, index)[0] for index in scene.labels
        )
        half = x.shape[-1] // 2
        in_left, in_right = left[:, :half].sum() / left.sum(), right[:, half:].sum() / right.sum()
        print(f"{names[0]:>12} {float(in_left):5.0%}   {names[1]:>12} {float(in_right):5.0%}")

# %% [markdown]
# You should see two different heatmaps, each on its own animal:
#
# ![Expected output: a flamingo on the left and a king penguin on the right, then two heatmaps over the picture. The one for flamingo is bright on the left half, the one for king penguin on the right half.](pictures/expected_two_classes.webp)
#
# The maps $A_k$ were the same both times. Only the weights changed, because the backward pass started at another score.
#
# ### A misconception: "activation maps and Grad-CAM show the same"
#
# An activation map says what was *found*, for no class. Grad-CAM says what *counted*, for one class. The colour spotter tells
# them apart in numbers: the mean of its three maps is strongest where blue is, also when you ask about red.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_activation", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("cam", "grad_cam"):
    red, blue = (grad_cam(spotter, spotter.relu, tiny, c)[0] for c in (1, 0))
    show_maps(
        [
            F.interpolate(tiny_maps.mean(1, keepdim=True), size=(4, 6), mode="nearest")[0, 0]
            / tiny_maps.mean(1).max(),
            red,
            blue,
        ],
        titles=["mean activation: no class", "Grad-CAM for red", "Grad-CAM for blue"],
        suptitle="What was found, and what counted for a class",
        label="strength",
        alt="Three maps. The mean activation is strongest at the lower right. Grad-CAM for red is strongest at the top "
        "middle and dark at the lower right. Grad-CAM for blue is strongest at the lower right.",
    )
    split = cam(tiny_maps, spotter.fc.weight.detach(), 1).relu()
    split = F.interpolate(split[None, None], size=(4, 6), mode="bilinear")[0, 0]
    print(
        f"largest difference between Grad-CAM and CAM of red, both scaled: {(red - split / split.max()).abs().max():.1e}"
    )

# %% [markdown]
# The last line closes a circle: on a network with GAP and one linear layer, Grad-CAM *is* CAM, after ReLU and scaling.
#
# ## Where the instrument ends
#
# A heatmap convinces at first sight. So it deserves hard questions. Limit 1 was its resolution. Here are four more, each with a number.
#
# **Limit 2: evidence in favour, and that alone.** The ReLU drops what speaks against a class. An empty heatmap is therefore no
# failure: the colour spotter finds nothing at all in favour of *dark*.
#
# **Limit 3: the score must be the logit.** A softmax probability mixes all classes: what speaks against a rival counts as
# evidence, too. And when the model is sure, the probability hardly moves any more. Its gradient goes to zero, and the heatmap goes blank.
#
# **Limit 4: the model must be in eval mode.** In train mode, BatchNorm computes with the picture's own statistics and dropout is random.
# And each pass moves the stored statistics: the damage, small after one pass, stays after `eval()`.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_limits", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("grad_cam"):
    dark, _ = grad_cam(spotter, spotter.relu, tiny, COLOUR_CLASSES.index("dark"))
    print(f"limit 2  heatmap of dark: maximum {dark.max():.1f}")

    with_softmax = nn.Sequential(spotter, nn.Softmax(dim=1))  # its output is a probability
    for brightness in (1, 1000):  # a brighter picture makes a surer answer
        by_logit, _ = grad_cam(spotter, spotter.relu, tiny * brightness, 1)
        by_probability, _ = grad_cam(with_softmax, spotter.relu, tiny * brightness, 1)
        sure = float(with_softmax(tiny * brightness)[0, 1].detach())
        print(
            f"limit 3  probability of red {sure:4.0%}: the heatmap's maximum is {by_logit.max():.0f} from the logit, "
            f"{by_probability.max():.0f} from the probability; they differ by up to "
            f"{(by_logit - by_probability).abs().max():.2f}"
        )

    other = copy.deepcopy(backbone.model)
    layer = other.get_submodule(backbone.layer_names["gradcam_layer"])
    before, index = grad_cam(other, layer, x_cat)
    during, _ = grad_cam(other.train(), layer, x_cat, index)
    after, _ = grad_cam(other.eval(), layer, x_cat, index)
    print(f"limit 4  largest change of the heatmap in train mode: {(during - before).abs().max():.2f}")
    print(f"limit 4  and in eval mode again, afterwards:          {(after - before).abs().max():.2f}")

# %% [markdown]
# **Limit 5: a heatmap is no experiment.** It says where the score is sensitive, to first order, as the network stands.
# Whether the model *needs* that place shows only when you take it away. So take it away: cover the hottest fifth of the
# pixels, then the coldest fifth, and look at the score of the class. (Lesson 5 covered squares for the same reason.)

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_cover", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("grad_cam"):
    covered, notes, named = [], [], []
    for x in (x_cat, x_pair):
        heat, index = grad_cam(backbone.model, backbone.gradcam_layer, x)
        ranks = heat.flatten().argsort(stable=True).argsort().view_as(heat) / heat.numel()
        for part, where in (("hottest", ranks >= 0.8), ("coldest", ranks < 0.2)):
            without = x.clone()
            without[..., where.to(x.device)] = 0  # 0 is the mean colour
            with torch.no_grad():
                change = float((backbone.model(without) - backbone.model(x))[0, index])
            covered.append(to_image(without.cpu(), backbone.mean, backbone.std))
            notes.append(f"{part} fifth covered: {change:+.1f}")
        named.append(backbone.labels[index])
    show_pictures(
        covered,
        titles=notes,
        suptitle=f"Take it away, and look at the score of {named[0]} (left), {named[1]} (right)",
        alt="The cat and the two animals, each twice with a fifth of its pixels covered in grey. "
        + "; ".join(notes)
        + ".",
    )

# %% [markdown]
# With EfficientNet-Lite0, the score of *king penguin* falls by 5.6 without its hottest fifth. Without the coldest, most of the
# flamingo, it rises by 1.3. So the heatmap was right about what mattered there. The cat's score does not fall at all. Perhaps, as the face
# fills the picture, enough of it is left. Both heatmaps looked equally convincing. Only the experiment tells them apart.
# Which numbers does your model give?

# %% [markdown]
# ### Predict · the heatmap lies on the object
#
# A new model looks at a picture of a flamingo. It answers with the right class, and nine tenths of its heatmap lie on the bird. What follows?
#
# - **A** It knows what a flamingo looks like.
# - **B** It uses the bird's shape, and not the background.
# - **C** It will recognise other flamingos, too.
# - **D** Something at that place raised the score; what it was is still open.

# %% nbgrader={"grade": false, "grade_id": "answer_q_right_place", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_right_place = "D"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_right_place", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_right_place", answer_q_right_place)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_right_place", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("grad_cam"):
    bird = paste(make_background((128, 128, 128), 224), [Placement("flamingo", scale=0.8)])
    mask = torch.from_numpy(bird.masks["flamingo"])
    pixels = torch.from_numpy(np.array(bird.image)).permute(2, 0, 1)[None] / 255
    swapped = pixels.flip(1)  # red and blue change places, every shape stays
    heat, index = grad_cam(spotter, spotter.relu, pixels)
    with torch.no_grad():
        answers = [COLOUR_CLASSES[int(spotter(p)[0].argmax())] for p in (pixels, swapped)]
    show_pictures(
        [pixels[0], heat, swapped[0]],
        titles=[
            f"answer: {answers[0]}",
            f"evidence for {COLOUR_CLASSES[index]}",
            f"colours swapped: {answers[1]}",
        ],
        suptitle="The right place, and no idea of a bird",
        alt="Left a pink flamingo on grey. Middle the heatmap of the colour spotter: it lies on the bird. "
        "Right the same bird with red and blue exchanged.",
    )
    print(
        f"share of the heatmap on the bird: {float(heat[mask].sum() / heat.sum()):.0%}; "
        f"the bird's share of the picture: {float(mask.float().mean()):.0%}"
    )

# %% [markdown]
# This "model" is our colour spotter. It has never seen a bird. For it the class *flamingo* would be *red*: its heatmap lies on the bird, and
# the bird recoloured gets another answer.
#
# **A heatmap on the right place does not prove right reasoning.** It answers *where*. *What* was used there takes an experiment: change
# one thing, keep the rest, look at the score. Lesson 7 is about nothing else.
#
# ## Sharp and class-specific: guided Grad-CAM
#
# Guided backpropagation (Springenberg et al. 2015, lesson 5) draws fine lines, but nearly the same ones for each class. Grad-CAM knows
# the class, but is coarse. Multiply them, pixel by pixel, and you get lines only where the evidence lies: **guided Grad-CAM** (Selvaraju et al. 2017).
#
# ### Task 6 · `guided_grad_cam` (2 points)


# %% nbgrader={"grade": false, "grade_id": "guided_grad_cam", "locked": false, "schema_version": 3, "solution": true, "task": false}
def guided_grad_cam(guided: torch.Tensor, heatmap: torch.Tensor) -> torch.Tensor:
    """The elementwise product of a guided-backpropagation map and a heatmap (Selvaraju et al. 2017, section 3.2).

    guided: [3, H, W]. heatmap: [H, W]. Returns [3, H, W].
    """
    ### BEGIN SOLUTION
    return (guided * heatmap).detach().cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_guided_grad_cam", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
lesson.check(guided_grad_cam)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_guided", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("grad_cam", "guided_grad_cam"):
    # Made beforehand from EfficientNet-Lite0, for the class Egyptian cat; in lesson 5 you made such a map yourself.
    with Image.open(data_dir() / "lesson06" / "guided_cat.webp") as file:
        guided = torch.from_numpy(np.array(file)).permute(2, 0, 1).float()
    guided = (guided - 127) / 127
    heat_cat, _ = grad_cam(backbone.model, backbone.gradcam_layer, x_cat)
    both = guided_grad_cam(guided, heat_cat)

    def visible(values):
        strength = values.clamp(min=0).sum(dim=0)
        return (strength / strength.quantile(0.995)).clamp(0, 1).sqrt()

    show_pictures(
        [seen_cat, visible(guided), heat_cat, visible(both)],
        titles=["the picture", "guided backpropagation", "Grad-CAM", "their product"],
        suptitle="Fine lines, kept where the evidence lies",
        alt="Four panels: the cat; its guided-backpropagation map with fine lines over the whole picture; its heatmap; "
        "their product, with fine lines only where the heatmap is bright.",
    )

# %% [markdown]
# A beautiful picture, and a warning with it. Adebayo et al. (2018) replaced a network's learned weights by random ones, from the last layer down. Grad-CAM's maps changed; those of
# guided backpropagation and of guided Grad-CAM hardly did. Lines that stay when the knowledge is gone come from the picture, not
# from the model. Trust the place, not the lines.
#
# ## Stretch: why was it wrong? (not graded)
#
# A heatmap earns its keep on mistakes. Among the bundled cut-outs, find one that the model gets wrong, and compare the
# heatmap of the wrong answer with that of the right one. Do they look at the same place? `picture_info(name).classes` lists
# what a picture shows. A picture of your own works as well: `upload()` and `from_url(...)` in `course_utils.images`.

# %% nbgrader={"grade": false, "grade_id": "stretch_mistake", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Find a wrong answer, and show two heatmaps: for the wrong class and for the right one.
with lesson.reveal():
    ### BEGIN SOLUTION
    mistakes = []
    for name in list_pictures("cutout", "mammal"):
        truth = picture_info(name).classes
        if truth:
            x = backbone.preprocess(
                paste(make_background((124, 116, 104), 224), [Placement(name, scale=0.8)]).image
            )
            index, label, probability = backbone.predict(x, k=1)[0]
            if label not in truth:
                mistakes.append((probability, name, truth[0], index, x.to(lesson.device)))
    mistakes.sort(key=lambda mistake: -mistake[0])
    if mistakes:
        probability, name, truth, index, x = mistakes[0]
        answers = {
            f"its answer: {backbone.labels[index]}": index,
            f"the truth: {truth}": backbone.labels.index(truth),
        }
        compare_classes(
            to_image(x.cpu(), backbone.mean, backbone.std),
            [grad_cam(backbone.model, backbone.gradcam_layer, x, c)[0] for c in answers.values()],
            titles=list(answers),
            suptitle=f"A {name.replace('_', ' ')}, taken for something else",
            alt=f"A cut-out of a {name.replace('_', ' ')} and two heatmaps: " + "; ".join(answers) + ".",
        )
    ### END SOLUTION

# %% [markdown]
# ## Reflection (2 points, read by a person)
#
# A colleague shows you a chest X-ray with a heatmap. It lies on the tumour, and he says: *"So the model has learned what a tumour looks like."*
#
# Write four to six sentences. What does the heatmap show, and what does it not show? Which experiment would you do next, and which result would
# make you believe him?

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# The heatmap shows where the last maps hold evidence that raises the score of this class on this one picture. It does not say
# what was used there: brightness, texture, or a mark that a radiologist left beside the tumour. It is coarse, and it shows only evidence in favour.
# I would change one thing at a time: cover the tumour and look whether the score falls, remove the mark and look whether it stays.
# I would do so on many pictures, healthy ones too, also from another hospital. If only the tumour's removal lowers the score, there and
# elsewhere, I would begin to believe him.
#
# ### BEGIN MARK SCHEME
# - 1 point: says what the heatmap shows (place of positive evidence, for one class, on one picture) and names at least one thing it does not (what was used, causality, other pictures, evidence against).
# - 1 point: names an experiment that changes one thing and keeps the rest, and a result that would count for or against the claim.
# - Half points are possible. Language and length do not count.
# ### END MARK SCHEME

# %% [markdown]
# ## What each instrument answers
#
# | instrument | its question | its limit |
# |---|---|---|
# | filters (lesson 2) | What does this layer look for? | readable in the first layer alone |
# | activation maps (lessons 3, 4) | What did this layer find here? | no class in it |
# | saliency, occlusion (lesson 5) | Which pixels matter? | noisy; slow |
# | guided backpropagation (lesson 5) | Where are fine lines? | may not depend on what was learned |
# | CAM | Which places make up the score? | needs GAP and one linear layer |
# | **Grad-CAM** | Where is the evidence for *this class*? | coarse; positive only; where, not what |
# | covering and changing | Does the model need it? | one question at a time |
#
# **Next:** [lesson 7, *Right answer, wrong reason*](../07_shortcut_learning/shortcut_learning.ipynb). A model that is nearly perfect, for the wrong reason, and how your instruments find it out.
#
# **Sources.** Zhou et al., *Learning Deep Features for Discriminative Localization*, CVPR 2016. ·
# Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization*, ICCV 2017. ·
# Springenberg et al., *Striving for Simplicity: The All Convolutional Net*, ICLR workshop 2015. ·
# Adebayo et al., *Sanity Checks for Saliency Maps*, NeurIPS 2018. **Further reading:** Grad-CAM++ and Score-CAM, variants of step 3.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.progress()

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_hand_in", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.hand_in()
