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
# # 2 · What does this layer look for?
# <!-- COLAB BADGE -->
#
# In lesson 1 you wrote a kernel, and it found edges. Nobody wrote the kernels of a trained network: it learned them from pictures. They lie in the
# model as plain numbers. In this lesson you turn those numbers into pictures and see **what the first layer looks for**. And you see why this works in the
# first layer only.
#
# **After this lesson you can**
#
# - show the filters of a first layer as small colour pictures, and read them;
# - tell trained filters from untrained ones, by eye and by a number;
# - say why the filters of deeper layers cannot be shown like that;
# - find filters that do the same work twice.
#
# **You need:** convolution and its kernels (lesson 1). **Time:** about 25 minutes. **Points:** 12 for three tasks, 3 for three questions, 2 for the reflection.
#
# Run the cells from top to bottom. A cell with TODO is yours; the cell below it checks your work, as often as you like.
# Stuck? `lesson.hint("normalize_filters")` gives a hint, and the next call a stronger one.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("02_filters")

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import copy
import math

import torch
from torch import nn

from course_utils.composites import Placement, make_background, paste
from course_utils.display import show_maps, show_pictures
from course_utils.images import list_pictures

# %% nbgrader={"grade": false, "grade_id": "weights", "locked": true, "schema_version": 3, "solution": false, "task": false}
backbone = lesson.backbone  # ResNet-18, or what stands in for it: the line below says which one is in use
weight = backbone.first_conv.weight.detach().cpu()
print("shape of the first layer's weights:", list(weight.shape))

# %% [markdown]
# Four axes: [filters, channels, rows, columns]. A *filter* (or kernel) of the first layer has three channels, because the picture has: one slice of weights
# for red, one for green, one for blue. In ResNet-18 there are 64 filters of 3×7×7.
#
# The text speaks of ResNet-18. Where its weights are not at hand, the course's teaching ResNet-18 stands in: filters of the same shape, learned from far fewer pictures.
# Everything below works for other models as well.
#
# Here is the strongest filter, slice by slice. Red is positive, blue is negative.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_slices", "locked": true, "schema_version": 3, "solution": false, "task": false}
strength = weight.flatten(1).norm(dim=1)
chosen = int(strength.argmax())
show_maps(
    list(weight[chosen]),
    titles=["on the red channel", "on the green channel", "on the blue channel"],
    signed=True,
    suptitle=f"Filter {chosen}: three slices of weights",
    label="weight",
    alt=f"Three small signed maps, the weights of filter {chosen} for the red, green and blue channel of the picture.",
)
low, high = weight[chosen].min(), weight[chosen].max()
print(f"its weights run from {low:.3f} to {high:.3f}")

# %% [markdown]
# ## From weights to a colour picture
#
# Three slices, one for each colour: that *is* a small colour picture, if the numbers lie between 0 and 1. They do not: weights are small, and some are
# negative. So each filter is scaled to [0, 1] **by its own smallest and largest weight**:
#
# $$w' = \frac{w - w_{\min}}{w_{\max} - w_{\min}}$$
#
# ![Schematic in three steps. Left: three slices of weights, for red, green and blue, some negative. Middle: scaled so that the smallest weight is 0 and the largest is 1. Right: the three slices as one colour picture, and many such pictures in rows with white lines between them.](pictures/filters_to_picture.svg)
#
# ### By hand, once
#
# A filter with the four weights −0.2, 0, 0.2 and 0.6. The smallest is −0.2, the range is 0.6 − (−0.2) = 0.8. So −0.2 becomes 0, 0 becomes $0.2/0.8 = 0.25$,
# 0.2 becomes $0.4/0.8 = 0.5$, and 0.6 becomes 1.
#
# Note what happened to the weight 0: it became 0.25. In another filter it becomes another grey. **Grey does not mean zero in these pictures.** They show the
# pattern, and not the sign or the strength.
#
# One minimum and maximum for the *whole* filter, all three channels together: scaling each colour by itself would change the colours.
#
# ### Task 1 · `normalize_filters` (4 points)


# %% nbgrader={"grade": false, "grade_id": "normalize_filters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def normalize_filters(weight: torch.Tensor) -> torch.Tensor:
    """Each filter scaled to [0, 1] by its own smallest and largest weight, for display.

    weight: [N, C, k, k]; it stays as it is. Returns the same shape. A filter whose weights are all equal becomes zeros.
    """
    ### BEGIN SOLUTION
    low = weight.amin(dim=(1, 2, 3), keepdim=True)
    span = weight.amax(dim=(1, 2, 3), keepdim=True) - low
    # Where nothing varies the numerator is 0 already; dividing by 1 keeps it so.
    return ((weight - low) / torch.where(span > 0, span, torch.ones_like(span))).detach().cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_normalize_filters", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(normalize_filters)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Predict · what will the filters look like?
#
# Before you look: what do the 64 filters of ResNet-18's first layer look like as colour pictures?
#
# - **A** Like small objects: ears, wheels, eyes.
# - **B** Like edges in many directions, stripes, and pairs of colours.
# - **C** Like noise: the meaning comes only in the layers behind.
# - **D** Each like one even colour.
#
# Put your answer in quotes, then run both cells.

# %% nbgrader={"grade": false, "grade_id": "answer_q_first", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_first = "B"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_first", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_first", answer_q_first)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 2 · `tile_filters` (4 points)
#
# To see them all at once, put them side by side in one picture: row by row, always `columns` tiles wide, `padding` white pixels between the tiles and none around the outside. Places
# that stay empty are white. With 3 filters of 7×7 and 2 columns, the picture is 7 + 1 + 7 = 15 pixels wide and 15 high.


# %% nbgrader={"grade": false, "grade_id": "tile_filters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tile_filters(filters: torch.Tensor, columns: int = 8, padding: int = 1) -> torch.Tensor:
    """One picture of all filters, row by row.

    filters: [N, 3, k, k], values in [0, 1]. columns: tiles in a row. padding: white (1.0) pixels between tiles, none around the outside.
    Returns [H, W, 3], always `columns` tiles wide; places without a filter are white.
    """
    ### BEGIN SOLUTION
    count, _, height, width = filters.shape
    rows = math.ceil(count / columns)
    canvas = torch.ones(rows * (height + padding) - padding, columns * (width + padding) - padding, 3)
    for index, tile in enumerate(filters.detach().cpu()):
        top, left = index // columns * (height + padding), index % columns * (width + padding)
        canvas[top : top + height, left : left + width] = tile.permute(1, 2, 0)
    return canvas
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_tile_filters", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(tile_filters)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS


# %% nbgrader={"grade": false, "grade_id": "enlarge", "locked": true, "schema_version": 3, "solution": false, "task": false}
def enlarge(picture: torch.Tensor, factor: int) -> torch.Tensor:
    """[H, W, 3] → the same picture with each pixel as a square of factor × factor."""
    return picture.repeat_interleave(factor, dim=0).repeat_interleave(factor, dim=1)


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_grid", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("normalize_filters", "tile_filters"):
    grid = tile_filters(normalize_filters(weight))
    factor = 480 // max(grid.shape[:2])
    show_pictures(
        [enlarge(grid, factor)],
        suptitle=f"All {len(weight)} filters of the first layer",
        panel=5.6,
        alt=f"A grid of {len(weight)} small colour pictures, the filters of the first layer of {backbone.name}.",
    )

# %% [markdown]
# This is how the filters of the teaching ResNet-18 look, so that you can check your tiles:
#
# ![Expected output: a grid of 64 small colour pictures of 7 by 7 pixels in eight rows of eight, with white lines between them. Some show dark and bright bars, others spots of colour.](pictures/expected_grid.webp)
#
# In a trained layer of 7×7 filters you can read three kinds:
#
# - **Edges and stripes**: a bright bar beside a dark one, at some angle. Such a filter answers to edges of that direction.
# - **Colour pairs**: one colour on one side, its opposite on the other (blue and orange, green and magenta), or a spot of colour in a surround.
# - **Nothing much**: filters that are nearly even, or look like noise. Some answer to brightness alone, some are hardly used.
#
# What is *not* there is as telling. No eyes, no wheels, no ears.
#
# ### A misconception: "first-layer filters look like objects"
#
# They cannot: 7×7 pixels are less than a cat's pupil in our photograph. And they need not: all 1000 classes share this layer, and edges and colours are what all pictures are made of.
# Filters like these turn up in networks of very different kinds and for very different data (Krizhevsky et al. 2012; Yosinski et al. 2014), and in the first stage of our own visual system, too
# (Olshausen and Field 1996).
#
# ## Trained beside random
#
# How do you know that this is the work of training? Compare with what stood there before: random numbers. Your scaling makes both equally bright, so look at the *pattern*.
#
# A number says it as well. In a real pattern, neighbouring pixels go together. Shift each filter by one pixel, and take the cosine of filter and shifted filter: about 0 for noise (a little less, because
# the mean is taken out), towards 1 for smooth patterns, negative for fine stripes.


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_random", "locked": true, "schema_version": 3, "solution": false, "task": false}
def smoothness(filters: torch.Tensor) -> torch.Tensor:
    """[N]: cosine of each filter with itself shifted by one pixel, mean of the two directions; each channel's mean taken out."""
    centred = filters - filters.mean(dim=(2, 3), keepdim=True)
    across = nn.functional.cosine_similarity(centred[..., 1:].flatten(1), centred[..., :-1].flatten(1))
    down = nn.functional.cosine_similarity(centred[:, :, 1:].flatten(1), centred[:, :, :-1].flatten(1))
    return (across + down) / 2


noise = torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)) * weight.std()
with lesson.reveal("normalize_filters", "tile_filters"):
    show_pictures(
        [enlarge(tile_filters(normalize_filters(w)), factor) for w in (weight, noise)],
        titles=["trained", "random"],
        suptitle="Training turns noise into patterns",
        panel=4.4,
        alt="Two grids of filters. The trained ones show patterns, the random ones speckles of all colours.",
    )
    for name, filters in (("trained", weight), ("random", noise)):
        values = smoothness(filters)
        print(
            f"{name:8} neighbours go together: mean {values.mean():+.2f}, from {values.min():+.2f} to {values.max():+.2f}"
        )
    print(
        f"trained filters above the largest random value: {int((smoothness(weight) > smoothness(noise).max()).sum())} of {len(weight)}"
    )

# %% [markdown]
# This is a tool for debugging. A first layer that still looks like noise after training says: too little data, too little training, a learning rate far off, or too little
# regularisation. It costs one look.
#
# Filters of 3×3, which many networks have, have hardly any neighbours: there the number says less.
#
# ## What a filter answers to
#
# A filter is a pattern that slides, and answers most where the picture looks like it. So test it: show it stripes of every direction, and note the strongest answer.


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_stripes", "locked": true, "schema_version": 3, "solution": false, "task": false}
def stripes(side: int, angle: float, wavelength: float, phase: float) -> torch.Tensor:
    """[side, side] in [-1, 1]: stripes across the given angle (radians), `wavelength` pixels from bright to bright."""
    steps = torch.arange(side) - (side - 1) / 2
    along = steps[None, :] * math.cos(angle) + steps[:, None] * math.sin(angle)
    return torch.cos(2 * math.pi * along / wavelength + phase)


side = weight.shape[-1]
ANGLES = [math.pi * n / 12 for n in range(12)]
PHASES = [math.pi * n / 4 for n in range(8)]
grey_weight = weight.sum(dim=1)  # grey stripes are the same in all three channels
answers = torch.stack(  # [angles, wavelengths and phases, filters]
    [
        torch.stack(
            [
                (grey_weight * stripes(side, angle, wavelength, phase)).sum(dim=(1, 2))
                for wavelength in (side * 0.6, side, side * 1.6)
                for phase in PHASES
            ]
        )
        for angle in ANGLES
    ]
)
best = answers.amax(dim=1)  # [angles, filters]: the strongest answer to stripes of each angle
choosy = (best.amax(0) - best.amin(0)) * best.amax(0)
picked, used = [], set()
for index in choosy.argsort(descending=True).tolist():  # four choosy filters with four different favourites
    favourite = int(best[:, index].argmax())
    if favourite not in used and len(picked) < 4:
        picked.append(index)
        used.add(favourite)
with lesson.reveal("normalize_filters"):
    panels, titles = [], []
    for index in picked:
        favourite = int(best[:, index].argmax())
        kind = int(answers[favourite, :, index].argmax())
        wavelength = (side * 0.6, side, side * 1.6)[kind // len(PHASES)]
        shown = stripes(48, ANGLES[favourite], wavelength * 48 / side, PHASES[kind % len(PHASES)])
        panels += [
            enlarge(normalize_filters(weight[index : index + 1])[0].permute(1, 2, 0), 20),
            (shown + 1) / 2,
        ]
        worst = best[:, index].min() / best[:, index].max()
        titles += [
            f"filter {index}",
            f"its favourite; worst angle: {worst:.0%}",
        ]
    show_pictures(
        panels,
        titles=titles,
        suptitle="Four filters, each beside the stripes that it answers to most",
        alt="Four filters, each beside grey stripes. The stripes run in the same direction as the pattern in the filter. "
        + "; ".join(titles)
        + ".",
    )

# %% [markdown]
# The percentage is the answer to the worst angle, compared with the best. A filter with a small percentage is choosy: it looks for *one direction*. One near 100 % does not care about
# direction at all.
#
# So you can read a first-layer filter as a question that is asked at every place of the picture: *is there an edge in this direction here?* What the answer is on a given photograph is
# another thing: the activation map of lesson 1, and of lessons 3 and 4.
#
# ## And the deeper layers?

# %% [markdown]
# ### Predict · why only the first layer?
#
# You could call `normalize_filters` on the weights of any layer. Yet nobody shows the filters of `layer4` as colour pictures. Why?
#
# - **A** They are only 3×3 pixels small.
# - **B** They are not trained.
# - **C** Their weights are negative and cannot be scaled.
# - **D** They have hundreds of channels, and those are no colours.

# %% nbgrader={"grade": false, "grade_id": "answer_q_deeper", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_deeper = "D"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_deeper", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_deeper", answer_q_deeper)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_deeper", "locked": true, "schema_version": 3, "solution": false, "task": false}
convolutions = [(name, m) for name, m in backbone.model.named_modules() if isinstance(m, nn.Conv2d)]
for name, conv in [
    convolutions[0],
    convolutions[len(convolutions) // 3],
    convolutions[2 * len(convolutions) // 3],
    convolutions[-1],
]:
    filters, channels, rows, columns = conv.weight.shape
    print(f"{name:32} {filters:5} filters, each with {channels:5} slices of {rows}×{columns}")
wide = [entry for entry in convolutions if entry[1].weight.shape[1] > 3]
name, deep = max(wide, key=lambda entry: (entry[1].kernel_size[0] > 1, entry[1].weight.shape[1]))
slices = deep.weight[0].detach().cpu()
show_maps(
    list(slices[:8]),
    titles=[f"slice {n}" for n in range(len(slices[:8]))],
    signed=True,
    suptitle=f"Some of the {len(slices)} slices of one filter in {name}: nothing to read",
    label="weight",
    alt="Small signed maps of a deeper filter's weights. They show no pattern that one could name.",
)

# %% [markdown]
# Each slice of a deep filter slides over *one channel of the layer before*. To read it you would have to know what that channel stands for, and the channels before that one. The weights alone
# tell you nothing.
#
# So the instrument of this lesson ends here: **looking at weights works in the first layer, because its channels are colours.** For deeper layers turn the question round. Not *what does the filter look like?*
# but *what makes it answer?* That takes pictures and activations, and is the subject of lessons 3 and 4. (One can also compute a picture that excites a filter most, *activation maximisation*: Olah et
# al. 2017, further reading.)
#
# ## Doing the same work twice
#
# Some filters in your grid may look alike. How alike? A filter is a list of numbers, an arrow in a space of 3·7·7 = 147 axes. Two arrows that point in the same direction have **cosine similarity** 1, however long they are:
#
# $$\cos(a, b) = \frac{\sum_i a_i b_i}{\lVert a\rVert\; \lVert b\rVert}$$
#
# By hand: $a = (1, 0, 0, 1)$ and $b = (2, 0, 0, 2)$ give $4 / (\sqrt{2}\cdot\sqrt{8}) = 1$: $b$ does what $a$ does, twice as loud. With $c = (1, 1, 1, 1)$ it is $2/(\sqrt{2}\cdot 2) = 0.71$.

# %% [markdown]
# ### Predict · the opposite
#
# Filter $j$ is filter $i$ times −1: bright and dark are exchanged. What is their cosine similarity?
#
# - **A** −1: they are as different as can be.
# - **B** 0: they have nothing in common.
# - **C** 1: they have the same pattern.
# - **D** That depends on how large the weights are.

# %% nbgrader={"grade": false, "grade_id": "answer_q_opposite", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_opposite = "A"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_opposite", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_opposite", answer_q_opposite)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 3 · `similar_filters` (4 points)
#
# All pairs of filters whose weights have a cosine similarity of at least `threshold`. A filter of zeros has no direction: it is similar to nothing (and $0/0$ must not become a pair).


# %% nbgrader={"grade": false, "grade_id": "similar_filters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def similar_filters(weight: torch.Tensor, threshold: float = 0.95) -> list[tuple[int, int]]:
    """Pairs of filters that point in nearly the same direction.

    weight: [N, C, k, k]. Returns a sorted list of tuples (i, j) of ints, i < j, whose flattened weights have a cosine similarity of at
    least `threshold`. A filter of zeros is in no pair.
    """
    ### BEGIN SOLUTION
    rows = weight.detach().flatten(start_dim=1)
    lengths = rows.norm(dim=1)
    alive = lengths > 0
    rows = rows / torch.where(alive, lengths, torch.ones_like(lengths))[:, None]
    close = (rows @ rows.T >= threshold) & alive[:, None] & alive[None, :]
    return [(i, j) for i, j in close.triu(diagonal=1).nonzero().tolist()]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_similar_filters", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(similar_filters)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_similar", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("normalize_filters", "tile_filters", "similar_filters"):
    for threshold in (0.95, 0.9, 0.8, 0.7, 0.5):
        pairs = similar_filters(weight, threshold)
        print(
            f"cosine at least {threshold:.2f}: {len(pairs):4} of {len(weight) * (len(weight) - 1) // 2} pairs"
        )
    rows = nn.functional.normalize(weight.flatten(1), dim=1)
    cosines = (rows @ rows.T).fill_diagonal_(0)
    shown, titles = [], []
    for words, flat in (("most alike", int(cosines.argmax())), ("most opposite", int(cosines.argmin()))):
        i, j = sorted(divmod(flat, len(weight)))
        shown.append(enlarge(tile_filters(normalize_filters(weight[[i, j]]), columns=2), 20))
        titles.append(f"{words}: {i} and {j}, cosine {cosines[i, j]:.2f}")
    show_pictures(
        shown,
        titles=titles,
        suptitle="The two filters that are most alike, and the two that are most opposite",
        alt="Two pairs of filters. " + ". ".join(titles) + ".",
    )

# %% [markdown]
# A pair above 0.95 does nearly the same work twice: a candidate where a network might be made smaller. Count yours in the first line: the teaching ResNet-18 has none, and its closest pair reaches 0.91.
#
# A pair near −1 is no such candidate. Behind a ReLU one keeps what the other loses, so the two halves do different work (Shang et al. 2016 found many such pairs in first layers).
#
# ## Where the instrument ends
#
# **Limit 1: the first layer only.** You have just seen why.
#
# **Limit 2: strength is gone.** Scaled by its own range, a filter that is nearly dead looks as lively as the strongest one. The *length* of a filter, the square root of the sum of its squared weights, tells them apart:

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_strength", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("normalize_filters"):
    alive = strength.clone()
    alive[alive == 0] = float("inf")
    pair = [int(strength.argmax()), int(alive.argmin())]
    show_pictures(
        [enlarge(normalize_filters(weight[n : n + 1])[0].permute(1, 2, 0), 20) for n in pair],
        titles=[f"filter {n}: length {strength[n]:.2g}" for n in pair],
        suptitle="The strongest filter and the weakest one: equally colourful here",
        alt="Two filters as colour pictures, equally bright. "
        + "; ".join(f"filter {n} has length {strength[n]:.2g}" for n in pair)
        + ".",
    )
    print(
        f"the strongest is {strength[pair[0]] / strength[pair[1]]:,.0f} times as strong; filters that are all zeros: {int((strength == 0).sum())}"
    )

# %% [markdown]
# **Limit 3: what it looks for is not what it found, and not what counts.** The grid is the same for every picture. Whether this filter says anything about *your* picture, and whether that says
# anything about the *prediction*, are questions for other instruments.
#
# ## Stretch: is a twin needed? (not graded)
#
# Take the two filters that are most alike. Replace one by a copy of the other (scaled to its own strength) and look how far the prediction moves on twenty cut-outs. Then do the same with two filters that have nothing in common.
# Work on a copy of the model: `copy.deepcopy(backbone.model)`.

# %% nbgrader={"grade": false, "grade_id": "stretch_twins", "locked": false, "schema_version": 3, "solution": true, "task": false}
# How often does the predicted class change when one filter is replaced by another?
with lesson.reveal("similar_filters"):
    ### BEGIN SOLUTION
    names = list_pictures("cutout", "mammal")[:20]
    background = make_background((124, 116, 104), 224)
    batch = torch.cat(
        [backbone.preprocess(paste(background, [Placement(n, scale=0.8)]).image) for n in names]
    )
    batch = batch.to(lesson.device)
    lengths = weight.flatten(1).norm(dim=1)
    directions = nn.functional.normalize(weight.flatten(1), dim=1)
    alike = (directions @ directions.T).fill_diagonal_(0)
    dead = lengths < 0.05 * lengths.max()  # a filter that does nothing is not missed by anyone
    unlike = alike.abs().fill_diagonal_(2)
    unlike[dead] = unlike[:, dead] = 2
    alike[dead] = alike[:, dead] = 0
    with torch.no_grad():
        plain = backbone.model(batch).softmax(dim=1)
        for words, flat in (("most alike", int(alike.argmax())), ("nothing in common", int(unlike.argmin()))):
            i, j = divmod(flat, len(weight))
            changed = copy.deepcopy(backbone.model)
            conv = changed.get_submodule(backbone.layer_names["first_conv"])
            conv.weight[j] = conv.weight[i] * (lengths[j] / lengths[i])
            after = changed(batch).softmax(dim=1)
            moved = float((after - plain).abs().sum(dim=1).mean() / 2)
            flips = int((after.argmax(1) != plain.argmax(1)).sum())
            print(
                f"{words:18} filter {j} ← filter {i} (cosine {alike[i, j]:+.2f}): {flips} of {len(names)} predictions change, probability moved {moved:.1%}"
            )
    ### END SOLUTION

# %% [markdown]
# ## Reflection (2 points, read by a person)
#
# A colleague trained a network on photographs of skin spots. She shows you its first layer: clean edges and colour pairs, as in a textbook. She says: *"The filters look right, so the model has learned what matters."*
#
# Write four to six sentences. What does the grid tell you about her model, and what does it not? What would you look at next?

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# The grid tells me that training worked in the first layer: noise would have meant too little training, too little data or a wrong learning rate. It tells me that the model can see edges and colours, which
# every picture has. Nearly every trained network has such filters, whatever it was trained for, so they say nothing about skin. It does not show the deeper layers, where these edges are put together, nor what was found on a given picture, nor
# what counted for an answer. Next I would look at the activations of deeper layers on her own pictures, and at which places of a picture matter for the prediction, for example by hiding them.
#
# ### BEGIN MARK SCHEME
# - 1 point: says what clean first-layer filters show (training took place, edges and colours are detected; they are alike in nearly all trained networks) and that they say nothing about the task.
# - 1 point: names what the grid leaves open (deeper layers, what was found on a picture, what counted for the prediction) and a fitting next look.
# - Half points are possible. Language and length do not count.
# ### END MARK SCHEME

# %% [markdown]
# ## What each instrument answers
#
# | instrument | its question | its limit |
# |---|---|---|
# | hiding a region (lesson 1) | Where does a layer change when this is gone? | one region at a time |
# | **filters as pictures** | What does the *first* layer look for? | the first layer alone; no strength, no picture, no class |
# | **trained beside random** | Did training reach this layer? | not whether it learned the right thing |
# | **cosine of filters** | Which filters do the same work? | the same weights, not the same role in the network |
#
# The filters are fixed. What they *find* changes with each picture, and it flows through the network and is forgotten. To catch it you need a sensor.
#
# **Next:** [lesson 3, *A sensor on a layer*](../03_hooks/hooks.ipynb)
#
# **Sources.** Krizhevsky, Sutskever and Hinton, *ImageNet Classification with Deep Convolutional Neural Networks*, NeurIPS 2012. · Yosinski et al., *How Transferable Are Features in Deep Neural Networks?*, NeurIPS 2014. ·
# Olshausen and Field, *Emergence of Simple-Cell Receptive Field Properties by Learning a Sparse Code for Natural Images*, Nature 1996. · Shang et al., *Understanding and Improving Convolutional Neural Networks via Concatenated Rectified Linear
# Units*, ICML 2016. **Further reading:** Olah, Mordvintsev and Schubert, *Feature Visualization*, Distill 2017.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.progress()

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_hand_in", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.hand_in()
