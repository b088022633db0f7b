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
# # 1 · From image to activations
# <!-- COLAB BADGE -->
#
# You show a network a photograph. What does it get? Not a cat: a block of numbers. And what does it make of them? Other blocks of
# numbers, layer after layer, called **activations**. In this lesson you follow one picture from its pixels to the last activations, and you
# do every step on the way yourself.
#
# **After this lesson you can**
#
# - turn a photograph into the tensor that a CNN expects;
# - compute a convolution by hand, and say what it matches;
# - say how much of the picture one value deep in the network can see;
# - show by an experiment that *where* something is survives, layer after layer.
#
# **You need:** Python; tensors (shapes, slices, sums); to have trained or used a CNN classifier once. **Time:** about 30 minutes.
# **Points:** 14 for four tasks, 3 for three questions, 2 for the reflection.
#
# Run the cells from top to bottom. A cell with TODO is yours; the cell below it checks your work, as often as you like.
# Stuck? `lesson.hint("preprocess")` gives a hint, and the next call a stronger one.
#
# This is the first of nine lessons. Together they open up a CNN, with three questions that you will keep apart: *What does a layer
# look for? What did it find here? What mattered for this answer?*

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("01_image_to_activations")

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import nn
from torchvision.models import VGG16_Weights

from course_utils.backbones import load_backbone
from course_utils.display import show_heatmap, show_maps, show_pictures
from course_utils.images import load_picture, to_image
from course_utils.weights import cache_path

MEAN = (0.485, 0.456, 0.406)  # of ImageNet's pictures: red, green, blue, on a scale from 0 to 1
STD = (0.229, 0.224, 0.225)

# %% [markdown]
# ## A picture is a block of numbers
#
# Each pixel of a colour photograph has three numbers from 0 to 255: how much red, green and blue. Here is the cat that will come with
# us through the course, and a few of its pixels, enlarged, with the number for red.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_pixels", "locked": true, "schema_version": 3, "solution": false, "task": false}
cat = load_picture("cat")
left, top, side = 162, 104, 8
zoom = cat.crop((left, top, left + side, top + side)).resize((480, 480), Image.Resampling.NEAREST)
pen = ImageDraw.Draw(zoom)
for row in range(side):
    for col in range(side):
        red, green, blue = cat.getpixel((left + col, top + row))
        ink = "black" if red + green + blue > 380 else "white"
        pen.text((col * 60 + 30, row * 60 + 30), str(red), fill=ink, anchor="mm", font_size=22)
framed = cat.copy()
ImageDraw.Draw(framed).rectangle(
    (left - 4, top - 4, left + side + 4, top + side + 4), outline="cyan", width=3
)
show_pictures(
    [framed, zoom],
    titles=[f"{cat.width} × {cat.height} pixels", "8 × 8 of them, with their red numbers"],
    suptitle="What we see, and what there is",
    alt="Left the photograph of a ginger cat with a small frame on the rim of its pupil. Right the pixels in that frame, enlarged to "
    "squares of one colour, each with its number for red.",
)
print(f"as an array: shape {np.array(cat).shape} (rows, columns, colours), {np.array(cat).size:,} numbers")

# %% [markdown]
# A network was trained on pictures that were all prepared in one way. A new picture must be prepared in the same way, or the network
# sees something that it has never met. For ResNet-18, and for most classifiers trained on ImageNet, there are four steps:
#
# 1. **Resize**, so that the *shorter* side has 256 pixels. The proportions stay. (The longer side gets `int(256 · long / short)` pixels.)
# 2. **Crop** the middle 224×224.
# 3. **Scale**: divide by 255, so that the numbers lie between 0 and 1.
# 4. **Normalise**: subtract the mean colour of ImageNet, divide by its standard deviation, for each of the three colours.
#
# Step 4 by hand, for one orange pixel (255, 102, 0): scaled, it is (1, 0.4, 0). Red becomes $(1 - 0.485)/0.229 = 2.25$, green
# $(0.4 - 0.456)/0.224 = -0.25$, blue $(0 - 0.406)/0.225 = -1.80$. So **0 does not mean black** any more. It means the mean colour.
#
# Two changes of order come with it. PIL gives [rows, columns, colours]; PyTorch wants the colours first. And a network takes pictures
# in batches, so one picture is a batch of one: **[1, 3, 224, 224]** is [pictures, channels, rows, columns].
#
# ### Task 1 · `preprocess` (3 points)
#
# Write the four steps for any RGB picture. `image.resize((width, height), Image.Resampling.BILINEAR)` averages where it makes a picture
# smaller (*antialiasing*). The crop starts at `round((width - 224) / 2)` from the left, and likewise from the top. `MEAN` and `STD` are set above.


# %% nbgrader={"grade": false, "grade_id": "preprocess", "locked": false, "schema_version": 3, "solution": true, "task": false}
def preprocess(image: Image.Image) -> torch.Tensor:
    """A picture as the tensor that an ImageNet classifier expects.

    image: PIL, RGB, of any size. Returns [1, 3, 224, 224], float32: shorter side to 256 (bilinear, antialiased), the middle
    224×224, scaled to [0, 1], normalised with ImageNet's mean and standard deviation.
    """
    # 1 resize   2 crop   3 scale   4 normalise
    ### BEGIN SOLUTION
    short = min(image.size)
    width, height = (256 if s == short else int(256 * s / short) for s in image.size)
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - 224) / 2), round((height - 224) / 2)
    image = image.crop((left, top, left + 224, top + 224))
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    return ((pixels - mean) / std)[None]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_preprocess", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
lesson.check(preprocess)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_preprocessed", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("preprocess"):
    x_seen = preprocess(cat)
    show_pictures(
        [cat, to_image(x_seen)],
        titles=[f"{cat.width} × {cat.height}", "what a network sees: 224 × 224"],
        suptitle="The margins are gone before the network starts",
        alt="Left the whole photograph of the cat. Right the square middle part of it, with less of the background.",
    )
    show_maps(
        list(x_seen[0]),
        titles=["red", "green", "blue"],
        signed=True,
        suptitle="The same picture as three maps: 0 is the mean colour",
        label="normalised value",
        alt="Three signed maps of the cat: red is high on the fur, blue low. The dark pupils are strongly negative in all three.",
    )
    print(
        f"shape {list(x_seen.shape)}, values from {x_seen.min():.2f} to {x_seen.max():.2f}, mean {x_seen.mean():.2f}"
    )

# %% [markdown]
# **Remember this crop.** What was cut off, the network never saw. Many a strange prediction ends here: look at what the network saw,
# not at the file.
#
# ## Convolution: a pattern that slides
#
# The first layer lays a small block of weights, a **kernel**, on the upper left corner of the picture. It multiplies each weight by the number
# below it and adds all the products up. That sum is one value of the answer. Then the kernel moves one step and does it again, with the **same
# weights**:
#
# ![Schematic: a kernel of 3 by 3 weights, minus 1, 0 and plus 1 in each row, lies on the left part of an image of 4 by 5 pixels that is dark on the left and bright on the right. The products are added up to one value of the answer. The kernel then moves on step by step, and the answer of 2 by 3 values is largest where dark turns to bright.](pictures/sliding_kernel.svg)
#
# $$\text{out}(i, j) = b + \sum_{c}\sum_{u,v} K_c(u, v)\; I_c(i + u,\, j + v)$$
#
# The sum is large where the picture *looks like the kernel*: bright where the weights are positive, dark where they are negative. **A convolution is
# a pattern matcher that slides.** The bias $b$ is added at every place.
#
# ### By hand, once
#
# A picture with one channel of 3×3, and a kernel of 2×2:
#
# | picture | | | | kernel | |
# |---|---|---|---|---|---|
# | 1 | 2 | 0 | | **1** | **2** |
# | 0 | 1 | 3 | | **0** | **−1** |
# | 2 | 0 | 1 | | | |
#
# Upper left: $1\cdot 1 + 2\cdot 2 + 0\cdot 0 - 1\cdot 1 = 4$. One step to the right: $1\cdot 2 + 2\cdot 0 + 0\cdot 1 - 1\cdot 3 = -1$. Work out the other two
# before you read on.
#
# They are 2 and 6. The kernel has two places in each direction, so the answer is 2×2: a picture of height $H$ has room for a kernel of height $k$ at
# $H - k + 1$ places. (Layers often add a border of zeros, *padding*, so that the answer does not shrink.)
#
# *A word on words.* In mathematics a convolution turns the kernel by 180° first. The layers of a CNN do not; what they compute is called cross-correlation there.
# As the weights are learned, it makes no difference to what a network can do. It does to your answer: **do not flip**.
#
# ### Predict · which sign has an edge?
#
# A picture is bright (1) in its left half and dark (0) in its right half. Over it slides the kernel
#
# | | | |
# |---|---|---|
# | −1 | 0 | 1 |
# | −1 | 0 | 1 |
# | −1 | 0 | 1 |

# %% [markdown]
# What does it answer where bright turns to dark?
#
# - **A** A large positive number: there is an edge.
# - **B** A large negative number.
# - **C** 0: the plus and minus weights cancel.
# - **D** That depends on where in the picture the edge is.
#
# Put your answer in quotes, then run both cells.

# %% nbgrader={"grade": false, "grade_id": "answer_q_edge", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_edge = "B"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_edge", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_edge", answer_q_edge)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 2 · `conv2d_by_hand` (4 points)
#
# Now write it for any number of channels. The kernel has one slice for each channel of the image, and all of them add up to **one** map.
#
# No library convolution or correlation here: slices, products and sums do it, in two loops. (The check switches `F.conv2d`, `nn.Conv2d` and their
# relatives off while your function runs. `unfold` is fine.)


# %% nbgrader={"grade": false, "grade_id": "conv2d_by_hand", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d_by_hand(image: torch.Tensor, kernel: torch.Tensor, bias: float = 0.0) -> torch.Tensor:
    """Slide one kernel over an image, stride 1, no padding (Goodfellow et al. 2016, equation 9.6: cross-correlation).

    image: [C, H, W]. kernel: [C, k, k]. bias: added at every place. Returns [H - k + 1, W - k + 1].
    """
    ### BEGIN SOLUTION
    side = kernel.shape[-1]
    rows, columns = image.shape[1] - side + 1, image.shape[2] - side + 1
    out = torch.full((rows, columns), float(bias), dtype=image.dtype, device=image.device)
    # k·k steps instead of one for each place: each weight meets a shifted copy of the image.
    for down in range(side):
        for right in range(side):
            shifted = image[:, down : down + rows, right : right + columns]
            out += (kernel[:, down, right, None, None] * shifted).sum(dim=0)
    return out.detach().cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_conv2d_by_hand", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(conv2d_by_hand)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_edges", "locked": true, "schema_version": 3, "solution": false, "task": false}
KERNELS = {
    "dark to bright, left to right": torch.tensor([[-1.0, 0, 1]] * 3),
    "dark to bright, downwards": torch.tensor([[-1.0, 0, 1]] * 3).T,
    "the mean of 5×5 pixels": torch.full((5, 5), 1 / 25),
    "a bright dot": torch.tensor([[-1.0, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
}
with lesson.reveal("conv2d_by_hand"):
    half = torch.zeros(1, 7, 12)
    half[..., :6] = 1
    answer = conv2d_by_hand(half, KERNELS["dark to bright, left to right"][None])
    show_maps(
        [half[0], answer],
        titles=["bright, then dark", "what the kernel answers"],
        signed=True,
        shared=False,
        suptitle="The edge is found, and its sign says which side is dark",
        alt="Left a map with ones on the left and zeros on the right. Right the answer: zero everywhere but for two columns of "
        "minus 3 at the border.",
    )
    print("one row of the answer:", [int(v) for v in answer[0].tolist()])

    grey = (
        torch.from_numpy(np.array(load_picture("photographer").convert("L").resize((96, 96)))).float()[None]
        / 255
    )
    maps = [conv2d_by_hand(grey, kernel[None]) for kernel in KERNELS.values()]
    show_pictures(
        [grey], titles=["96 × 96 pixels"], alt="A grey photograph of a man behind a camera on a tripod."
    )
    show_maps(
        maps,
        titles=list(KERNELS),
        signed=True,
        shared=False,
        columns=2,
        suptitle="One picture, four kernels, four answers",
        alt="The answers of four kernels to the photographer. The first marks upright edges in red and blue, the second level "
        "ones. The third is a blurred picture, all red. The fourth shows fine outlines.",
    )

# %% [markdown]
# Yours should look like this:
#
# ![Expected output: the answers of four kernels to a photographer with his tripod: upright edges, level edges, a blurred picture, and fine outlines, in red and blue.](pictures/expected_kernels.webp)
#
# Red is a match. Blue is a match of the *opposite*: the same edge with dark and bright exchanged. White is neither.
#
# Look at the legs of the tripod. Each leg has two edges, and the first kernel gives them opposite signs.
#
# ### Why slide at all?
#
# The same kernel at every place means **shared weights**. The first layer of ResNet-18 has 64 kernels of 3×7×7: 9,408 weights. If every one of its
# 64·112·112 values had weights of its own to all 3·224·224 pixels, there would be 120 billion. And an edge learned in one corner is known in
# every corner: shift the picture, and the answer shifts with it.
#
# ## Sixty-four filtered versions of one picture
#
# A convolution layer is a stack of such kernels, all sliding over the same input. Each gives one map, a **channel** of the layer's output. Those values
# are what we call **activations**.
#
# Whatever a network computes inside is thrown away once the prediction is there. The next cell gives you a tool that looks in: `layer_output`. For now,
# use it as it is. It swaps a part of the layer for the length of one call; lesson 3 shows a better way that changes nothing at all.


# %% nbgrader={"grade": false, "grade_id": "layer_output", "locked": true, "schema_version": 3, "solution": false, "task": false}
def layer_output(model: nn.Module, layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """What `layer` gives while `model` looks at `x`: [N, C, h, w] for a convolution, detached, on the CPU."""
    seen = []
    compute = layer.forward

    def compute_and_copy(*inputs):
        output = compute(*inputs)
        seen.append(output.detach().cpu().clone())
        return output

    with torch.no_grad(), patch.object(layer, "forward", compute_and_copy):
        model(x)
    return seen[0]


# %% nbgrader={"grade": false, "grade_id": "cat", "locked": true, "schema_version": 3, "solution": false, "task": false}
backbone = lesson.backbone  # ResNet-18, or what stands in for it: the line below says which one is in use
x_cat = backbone.preprocess(load_picture("cat")).to(
    lesson.device
)  # the same steps as yours, with this model's own mean
for index, label, probability in backbone.predict(x_cat, k=3):
    print(f"{probability:6.1%}  {label}  (class {index})")

# %% [markdown]
# The text speaks of ResNet-18. Where its weights are not at hand, the course's teaching ResNet-18 stands in. It has the same layers and shapes. Its weights were learned from far fewer
# pictures, so its maps and answers differ. Everything below works for other models as well.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_first_layer", "locked": true, "schema_version": 3, "solution": false, "task": false}
first = layer_output(backbone.model, backbone.first_conv, x_cat)[0]
# Of the 32 channels with the most contrast: the first, then each time the one least like those chosen before.
strongest = first.var(dim=(1, 2)).argsort(descending=True)[:32]
likeness = torch.corrcoef(first[strongest].flatten(1)).abs().nan_to_num(1)
picked = [0]
while len(picked) < 8:
    picked.append(int(likeness[picked].amax(dim=0).argmin()))
strongest = strongest[picked]
show_maps(
    [first[i] for i in strongest],
    titles=[f"channel {i}" for i in strongest.tolist()],
    signed=True,
    shared=False,
    suptitle=f"The first layer: 8 of its {len(first)} filtered versions of one cat",
    alt="Eight signed maps of the cat from the first layer. Some answer to light or dark areas, others to the edges of the eyes and "
    "the stripes. The cat is easily recognised in all of them.",
)
print(f"from {list(x_cat.shape)} to {[1, *first.shape]}")

# %% [markdown]
# Is this layer really nothing more than your function, once for each kernel? Take its weights and compute one corner of one channel yourself.
# The network moves its kernels by more than one step at a time (its **stride**), so we keep only every so many values of yours.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_same", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("conv2d_by_hand"):
    conv = backbone.first_conv
    border, stride, index = conv.padding[0], conv.stride[0], int(strongest[0])
    bordered = F.pad(x_cat[0].cpu(), [border] * 4)[:, :64, :64]
    weights = conv.weight[index].detach().cpu()
    bias = 0.0 if conv.bias is None else float(conv.bias[index].detach())
    ours = conv2d_by_hand(bordered, weights, bias)[::stride, ::stride]
    theirs = first[index, : ours.shape[0], : ours.shape[1]]
    print(f"kernel {list(weights.shape)}, stride {stride}, padding {border}")
    print(f"largest value of the layer here:   {theirs.abs().max():.4f}")
    print(f"largest difference to your values: {(ours - theirs).abs().max():.6f}")

# %% [markdown]
# The difference is rounding. There is no other magic in a convolution layer.
#
# After it comes the **ReLU**: every negative value becomes 0. What is left says *how much of the pattern is here*, and no longer how much of its opposite.
#
# ## Deeper: from edges to parts
#
# The second layer slides its kernels over the *maps* of the first. It can match patterns of edges: corners, grids, textures. The next one matches
# patterns of those. Edges become textures, textures become parts. Meanwhile the maps shrink, as strides skip places, and the channels become more.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_depths", "locked": true, "schema_version": 3, "solution": false, "task": false}
depths = {
    name: layer_output(backbone.model, getattr(backbone, name), x_cat)[0]
    for name in ("early", "middle", "late")
}
shown, titles = [], []
for name, maps in depths.items():
    best = int(maps.var(dim=(1, 2)).argmax())
    shown.append(maps[best])
    titles.append(f"{name}: {maps.shape[0]} maps of {maps.shape[1]}×{maps.shape[2]}")
show_maps(
    shown,
    titles=titles,
    shared=False,
    suptitle="The deeper, the coarser: one map from three depths",
    alt="Three maps of the cat from an early, a middle and a late layer. The first shows fine outlines, the second coarse areas, the third "
    "a few cells, some of them bright.",
)

# %% [markdown]
# The early map still looks like a drawing of the cat. The late one looks like nothing. That is no failure: its few cells say *what* is there in a language
# of its own, and only roughly *where*. Lesson 4 reads these maps.
#
# ### How much does one value see?
#
# A value in the first layer sees 7×7 pixels. A value in the second sees 3×3 values of the first, and so more pixels. The patch of the picture
# that can influence a value is its **receptive field**.
#
# Walk from the picture into the network and keep two numbers: how wide the **field** is, and how many pixels lie between two neighbours, the **step**.
# ResNet-18 starts, in (kernel, stride), with (7, 2). Then comes a *pooling*, (3, 2): no weights, it keeps the largest value under its window. Then comes (3, 1):
#
# | layer | field before | + (kernel − 1) · step before | field after | step after |
# |---|---|---|---|---|
# | picture | | | 1 | 1 |
# | (7, 2) | 1 | 6 · 1 | **7** | 1 · 2 = 2 |
# | (3, 2) | 7 | 2 · 2 | **11** | 2 · 2 = 4 |
# | (3, 1) | 11 | 2 · 4 | **19** | 4 |
#
# A 3×3 kernel costs 2 pixels at the start, and 8 pixels here. Strides make the field grow fast.
#
# ### Task 3 · `receptive_field` (3 points)


# %% nbgrader={"grade": false, "grade_id": "receptive_field", "locked": false, "schema_version": 3, "solution": true, "task": false}
def receptive_field(layers: list[tuple[int, int]]) -> int:
    """The side of the receptive field of one value behind these layers, in pixels (Araujo et al. 2019, equation 2).

    layers: (kernel, stride) of each layer, from input to output; may be empty. Returns an int, 1 for no layer.
    """
    ### BEGIN SOLUTION
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_receptive_field", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
lesson.check(receptive_field)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Predict · the last layer of ResNet-18
#
# Its last maps have 7×7 cells for a picture of 224×224 pixels. How wide is the receptive field of one of those cells?
#
# - **A** 3 pixels: the kernels in the last layer are 3×3.
# - **B** 32 pixels: 224 divided by 7.
# - **C** 224 pixels: it cannot be wider than the picture.
# - **D** More than 224 pixels.

# %% nbgrader={"grade": false, "grade_id": "answer_q_receptive", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_receptive = "D"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_receptive", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_receptive", answer_q_receptive)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_fields", "locked": true, "schema_version": 3, "solution": false, "task": false}
# (kernel, stride) along the main path of each network, grouped as their authors name the parts.
RESNET18 = {
    "conv1": [(7, 2)],
    "pooling": [(3, 2)],
    "layer1": [(3, 1)] * 4,
    "layer2": [(3, 2)] + [(3, 1)] * 3,
    "layer3": [(3, 2)] + [(3, 1)] * 3,
    "layer4": [(3, 2)] + [(3, 1)] * 3,
}
VGG16 = {f"block{n}": [(3, 1)] * convs + [(2, 2)] for n, convs in enumerate((2, 2, 3, 3, 3), start=1)}
with lesson.reveal("receptive_field"):
    picture = to_image(x_cat.cpu(), backbone.mean, backbone.std)
    for title, parts in (("ResNet-18", RESNET18), ("VGG-16", VGG16)):
        walked, fields = [], {}
        for part, layers in parts.items():
            walked += layers
            fields[part] = receptive_field(walked)
        print(f"{title:10}" + "".join(f"{part} {field:4}   " for part, field in fields.items()))
        if title == "ResNet-18":
            resnet_fields = fields
    wide = Image.new("RGB", (480, 480), (215, 215, 215))
    wide.paste(picture, (128, 128))
    panels = []
    for view, parts in ((112, ("conv1", "layer1", "layer2")), (480, ("layer2", "layer3", "layer4"))):
        zoom = 480 / view
        panel = wide.crop((240 - view // 2,) * 2 + (240 + view // 2,) * 2).resize((480, 480))
        pen = ImageDraw.Draw(panel)
        for part, colour in zip(parts, ("#ffffff", "#56b4e9", "#f0e442"), strict=True):
            low, high = 240 - resnet_fields[part] * zoom / 2, 240 + resnet_fields[part] * zoom / 2
            pen.rectangle((low, low, high, high), outline="black", width=9)
            pen.rectangle((low + 2, low + 2, high - 2, high - 2), outline=colour, width=5)
            words = f"{part}: {resnet_fields[part]}"
            # Above its square, or inside where there is no room above.
            place, anchor = (low - 5, "mb") if low > 45 else (low + 14, "mt")
            pen.text(
                (240, place), words, colour, anchor=anchor, font_size=30, stroke_width=3, stroke_fill="black"
            )
        panels.append(panel)
    show_pictures(
        panels,
        titles=["the middle of the picture, enlarged", "the whole picture and beyond"],
        suptitle="What one value of ResNet-18 can see",
        alt="Two views of the cat with squares around the centre. Enlarged: 7 pixels for conv1, 43 for layer1, 99 for layer2. "
        "The whole picture: 99 for layer2, 211 for layer3, nearly the picture, and 435 for layer4, far outside it.",
    )

# %% [markdown]
# `layer1` to `layer4` are the four parts of ResNet-18 behind its pooling, with four convolutions each on the main path. (VGG-16 is an older and plainer network, printed to compare.)
#
# At the end of `layer4` every cell could see the whole picture. Then the maps of the last layer might have forgotten *where* things are. Have they? That is a
# question for an experiment.
#
# ## The black-box experiment: hide a region, see what changes
#
# Take the network as a box that you cannot open, and change one thing. **Hide a square of the picture, and look at what changes in a layer.** Without the
# square everything else is equal, so every change comes from it.
#
# 0 is the mean colour of a normalised picture. So hiding means: set the square to 0 in all three channels.
#
# ### Task 4 · `activation_change` (4 points)
#
# Run the layer twice, with and without the square, and average the absolute change over the channels. `layer_output` from above gives you a layer's output.
# Leave `x` as it is: it belongs to the caller.


# %% nbgrader={"grade": false, "grade_id": "activation_change", "locked": false, "schema_version": 3, "solution": true, "task": false}
def activation_change(
    model: nn.Module, layer: nn.Module, x: torch.Tensor, box: tuple[int, int, int, int]
) -> torch.Tensor:
    """How much a layer's output changes where, when a box of the picture is set to 0.

    model: a classifier in eval mode. layer: a module inside it with output [1, C, h, w]. x: [1, 3, H, W].
    box: (top, left, bottom, right) in pixels; bottom and right lie outside. Returns [h, w]: the mean over the channels of the absolute change.
    """
    ### BEGIN SOLUTION
    top, left, bottom, right = box
    hidden = x.clone()
    hidden[..., top:bottom, left:right] = 0
    change = layer_output(model, layer, hidden) - layer_output(model, layer, x)
    return change.abs().mean(dim=1)[0]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_activation_change", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(activation_change)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Predict · where does the last layer change?
#
# We hide a square of 56×56 pixels at the upper left of the cat's picture. By your numbers, it lies in the receptive field of *every* cell of ResNet-18's last
# layer. Where do its cells change?
#
# - **A** Everywhere about equally: each of them sees the square.
# - **B** Only the cells that lie on the square; all others stay exactly as they were.
# - **C** Most where the square is, and less and less away from it.
# - **D** Here and there: after so many layers, places are mixed up.

# %% nbgrader={"grade": false, "grade_id": "answer_q_hide", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_hide = "C"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_hide", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_hide", answer_q_hide)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_change", "locked": true, "schema_version": 3, "solution": false, "task": false}
BOX = (28, 28, 84, 84)
with lesson.reveal("activation_change"):
    hidden = x_cat.clone()
    hidden[..., BOX[0] : BOX[2], BOX[1] : BOX[3]] = 0
    seen = to_image(hidden.cpu(), backbone.mean, backbone.std)
    changes = {
        name: activation_change(backbone.model, getattr(backbone, name), x_cat, BOX) for name in depths
    }
    outlined = [seen]
    for change in changes.values():
        heat = F.interpolate(change[None, None] / change.max(), size=(224, 224), mode="nearest")[0, 0]
        colours = Image.fromarray((heat.numpy() * 255).astype(np.uint8)).convert("RGB")
        ImageDraw.Draw(colours).rectangle((BOX[1], BOX[0], BOX[3], BOX[2]), outline="#56b4e9", width=3)
        outlined.append(colours)
    show_pictures(
        outlined,
        titles=["the square is hidden", *[f"change in the {name} layer" for name in changes]],
        suptitle="Hide a square: every layer changes most (white) where the square is",
        alt="The cat with a grey square at the upper left, then three maps of the change, bright where much changes. In all of them the "
        "bright part lies on the square; in the late layer it is a few large cells.",
    )
    for name, change in changes.items():
        full = F.interpolate(change[None, None], size=(224, 224), mode="nearest")[0, 0]
        square, corner = full[BOX[0] : BOX[2], BOX[1] : BOX[3]].mean(), full[168:, 168:].mean()
        print(
            f"{name:6}  cells that changed at all: {float((change > 0).float().mean()):4.0%}   mean change "
            f"on the square: {square:.3f}, in the opposite corner: {corner:.3f}"
        )

# %% [markdown]
# With the teaching ResNet-18 your figure looks like this. Each map is scaled by its own largest change:
#
# ![Expected output: the cat with a grey square at the upper left, and three maps of the change in an early, a middle and a late layer. In each the bright part lies on the square.](pictures/expected_change.webp)
#
# Three things to take from the numbers:
#
# - The early layer changes on the square, plus a thin rim as wide as half its receptive field. Everywhere else its change is **exactly 0**.
# - In the late layer nearly every cell changes, as the receptive field says it *can*. But the change is by far the largest on the square, and it fades with the distance.
# - So the receptive field is a border, and no weight. From its middle many paths lead to a cell, from its rim only a few. What counts in practice, the *effective*
#   receptive field, is much smaller (Luo et al. 2016).
#
# **Space survives depth.** That is why a heatmap on the last layer makes sense at all, and all of lesson 6 rests on it.
#
# ### A misconception: "you must change a model to look inside"
#
# You have just mapped what a layer answers to by changing the *picture*, and left the network alone. In lesson 5 the same idea, with the prediction in place of
# a layer, is called occlusion. Lesson 3 shows how to read a layer without touching it.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_vgg", "locked": true, "schema_version": 3, "solution": false, "task": false}
# VGG-16 is a second network, older and plainer. Its 528 MB are used where they are on this machine already.
if cache_path(VGG16_Weights.IMAGENET1K_V1.url).is_file():
    with lesson.reveal("activation_change"):
        vgg = load_backbone("vgg16", device=lesson.device)
        x_vgg = vgg.preprocess(load_picture("cat")).to(lesson.device)
        for name in ("early", "middle", "late"):
            change = activation_change(vgg.model, getattr(vgg, name), x_vgg, BOX)
            show_heatmap(
                to_image(x_vgg.cpu(), vgg.mean, vgg.std),
                change,
                title=f"VGG-16, {name} layer, {change.shape[0]}×{change.shape[1]}",
                label="change",
                alt=f"The cat, and over it the change in the {name} layer of VGG-16 when a square at the upper left is hidden.",
            )
else:
    print(
        'VGG-16 is not on this machine, so its pictures are left out. load_backbone("vgg16") fetches it (528 MB).'
    )

# %% [markdown]
# ## Stretch: what does one cell answer to? (not graded)
#
# Turn the experiment round. Choose **one** cell of the late layer, hide one square after the other, and draw how much that cell changes. The picture that
# you get is its effective receptive field, measured. Is it as wide as the 435 pixels that you computed for ResNet-18?

# %% nbgrader={"grade": false, "grade_id": "stretch_effective_field", "locked": false, "schema_version": 3, "solution": true, "task": false}
# For each square of 28×28 pixels: hide it, and note the change of the late layer's middle cell.
with lesson.reveal("activation_change"):
    ### BEGIN SOLUTION
    size = 28
    squares = 224 // size
    felt = torch.zeros(squares, squares)
    for row in range(squares):
        for col in range(squares):
            box = (row * size, col * size, (row + 1) * size, (col + 1) * size)
            change = activation_change(backbone.model, backbone.late, x_cat, box)
            felt[row, col] = change[change.shape[0] // 2, change.shape[1] // 2]
    show_heatmap(
        to_image(x_cat.cpu(), backbone.mean, backbone.std),
        felt,
        title="what the middle cell answers to",
        label="change of the middle cell",
        alt="The cat, and over it a map of squares. The middle cell of the late layer changes most when a square near the middle, at the nearer "
        "eye, is hidden, and little when one at the edge is.",
    )
    ### END SOLUTION

# %% [markdown]
# ## Reflection (2 points, read by a person)
#
# Someone says: *"Every cell of the last layer has a receptive field larger than the whole picture. So the last layer cannot know where anything is, and a heatmap
# drawn from it means nothing."*
#
# Write four to six sentences. What is right about this? What is wrong? Which number or picture from this lesson would you show?

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# It is right that the receptive field of the last cells, 435 pixels, is wider than the picture: hiding a square changes nearly every cell of the last layer at least a little.
# But the receptive field says what *can* influence a cell, not how much. In the experiment the cells of the late layer on the hidden square changed several times as much as those in the opposite corner, and the map of the change had its brightest spot there.
# Convolutions keep the order of places, and more paths lead to a cell from the middle of its field than from
# the rim. So a heatmap of the last layer means something, at a coarse grain: one cell stands for about 32 pixels, and its neighbours have a say in it.
#
# ### BEGIN MARK SCHEME
# - 1 point: tells what a receptive field says (what can influence a cell) from what it does not (how much, or that all of it counts alike); the claim's first sentence is true, its conclusion does not follow.
# - 1 point: names the experiment and a number or picture from it (the change on the square against that in the far corner, the exact zeros of the early layer, the shape of the change map), used as evidence.
# - Half points are possible. Language and length do not count.
# ### END MARK SCHEME

# %% [markdown]
# ## What each instrument answers
#
# | instrument | its question | its limit |
# |---|---|---|
# | preprocessing, looked at | What did the network get to see? | not what it made of it |
# | convolution by hand | What does one kernel match, and where? | one kernel at a time |
# | receptive field | How much of the picture *can* a value see? | not how much each pixel counts |
# | **hiding a region** | Where does a layer change when this is gone? | one region at a time; what is hidden looks odd, too |
#
# You know now how a kernel answers. What do the kernels of a trained network look for? Their weights can be looked at directly.
#
# **Next:** [lesson 2, *What does this layer look for?*](../02_filters/filters.ipynb)
#
# **Sources.** Goodfellow, Bengio and Courville, *Deep Learning*, MIT Press 2016, chapter 9. · He et al., *Deep Residual Learning for Image Recognition*, CVPR 2016. ·
# Simonyan and Zisserman, *Very Deep Convolutional Networks for Large-Scale Image Recognition*, ICLR 2015. · Araujo, Norris and Sim, *Computing Receptive Fields of Convolutional
# Neural Networks*, Distill 2019. · Luo et al., *Understanding the Effective Receptive Field in Deep Convolutional Neural Networks*, NeurIPS 2016.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.progress()

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_hand_in", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.hand_in()
