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
# # 4 · What did this layer find here?
# <!-- COLAB BADGE -->
#
# In lesson 3 you built a sensor for any layer. Now you read it: what does a layer answer to **this** picture, and where? You look
# at three depths of one network, find the pictures that a channel likes best, and find channels that answer to nothing.
#
# **After this lesson you can**
#
# - pick the channels of a layer that have something to tell, and lay them over the picture;
# - say what changes with depth: resolution, number of channels, meaning;
# - find out what a channel likes, from the pictures it answers to most;
# - use dead channels as a sign that something is broken.
#
# **You need:** feature maps and receptive fields (lesson 1), hooks (lesson 3). No gradients.
# **Time:** about 25 minutes. **Points:** 14 for four tasks, 3 for three questions, 2 for the reflection.
#
# Run the cells from top to bottom. A cell with TODO is yours; the cell below it checks your work, as often as you like.
# Stuck? `lesson.hint("top_channels")` gives a hint, and the next call a stronger one.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("04_activation_maps")

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import copy

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.composites import NEUTRAL, Placement, make_background, paste
from course_utils.controls import explore
from course_utils.display import overlay, show_maps, show_pictures
from course_utils.images import list_pictures, load_picture, normalise, to_image

# %% [markdown]
# ## One picture, three depths
#
# The cat goes through the network once, and three sensors keep what passes: one early, one in the middle, one at the end. Your
# `capture_activations` of lesson 3 does this. Here the library Captum does; its `LayerActivation` is the same instrument.
#
# The text speaks of ResNet-18. Where its weights are not at hand, the course's teaching ResNet-18 stands in, with the same shapes and other maps. Everything below works for other models as well.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_depths", "locked": true, "schema_version": 3, "solution": false, "task": false}
backbone = lesson.backbone  # ResNet-18, or what stands in for it


def look(roles, x, model=None):
    """The output of the early, middle or late layer for a batch x, on the CPU; a list for several of them."""
    from captum.attr import LayerActivation

    model = model or backbone.model
    several = isinstance(roles, tuple)
    layers = [model.get_submodule(backbone.layer_names[role]) for role in (roles if several else (roles,))]
    with torch.no_grad():
        found = LayerActivation(model, layers).attribute(x.to(lesson.device))
    found = [output.detach().cpu() for output in found]
    return found if several else found[0]


x_cat = backbone.preprocess(load_picture("cat"))
seen_cat = to_image(x_cat, backbone.mean, backbone.std)
maps = {role: look(role, x_cat) for role in ("early", "middle", "late")}
for role, activation in maps.items():
    _, channels, height, width = activation.shape
    side = x_cat.shape[-1] // height
    print(
        f"{role:7} {channels:5} channels of {height:3}×{width:<3}  one cell stands for {side:2}×{side:<2} pixels"
    )

# %% [markdown]
# For ResNet-18: 64×112×112, then 128×28×28, then 512×7×7. The maps become coarser and more numerous: the network gives up *where* for *what*.
#
# ![Schematic: a picture, then three stacks of maps, each with fewer cells and more channels. Early: 64 channels of 112 by 112, edges and colours. Middle: 128 of 28 by 28, textures and parts. Late: 512 of 7 by 7, a meaning spread over many channels.](pictures/depths.svg)
#
# ## Which channels are worth a look?
#
# Nobody looks at 512 maps. Which ones tell something about *places*? Not the brightest: a map that is bright everywhere says the same about every
# place. A map tells something where its cells **differ**. The measure of that is the variance over space.
#
# ### By hand, once
#
# Four channels of 2×2 cells:
#
# | | channel 0 | channel 1 | channel 2 | channel 3 |
# |---|---|---|---|---|
# | top row | 9, 9 | 0, 4 | 5, 5 | 1, 2 |
# | bottom row | 9, 9 | 4, 0 | 8, 5 | 2, 3 |
# | mean | **9** | 2 | 5.75 | 2 |
# | variance | 0 | **4** | 1.69 | 0.5 |
#
# Channel 1: its cells lie 2 away from their mean 2, each of them. So the variance is $2^2 = 4$. Channel 0 has the largest mean and tells nothing.
#
# ### Task 1 · `top_channels` (3 points)
#
# The `k` channels with the largest variance over space, the largest first.


# %% nbgrader={"grade": false, "grade_id": "top_channels", "locked": false, "schema_version": 3, "solution": true, "task": false}
def top_channels(activation: torch.Tensor, k: int = 4) -> torch.Tensor:
    """The channels whose maps vary most over space, the most variable first.

    activation: [1, C, H, W]. k: how many, at most C. Returns a LongTensor [k] of channel numbers.
    """
    ### BEGIN SOLUTION
    return activation[0].var(dim=(1, 2)).topk(k).indices.cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_top_channels", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
lesson.check(top_channels)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Predict · another class in mind
#
# You look at the middle layer's maps for the cat. Now you ask about the class *dog* instead of *cat*. How do the maps change?
#
# - **A** Not at all.
# - **B** The maps of dog channels get brighter, those of cat channels darker.
# - **C** Every map changes a little.
# - **D** They turn into heatmaps for *dog*.
#
# Put your answer in quotes, then run both cells.

# %% nbgrader={"grade": false, "grade_id": "answer_q_class_free", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_class_free = "A"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_class_free", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_class_free", answer_q_class_free)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_top", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("top_channels"):
    for role, activation in maps.items():
        chosen = top_channels(activation).tolist()
        show_maps(
            [activation[0, channel] for channel in chosen],
            titles=[f"channel {channel}" for channel in chosen],
            shared=False,
            suptitle={
                "early": "Early: the picture itself, as edges and colours",
                "middle": "Middle: coarser, patches that share a texture or a shape",
                "late": "Late: 7×7 cells, and no object to be recognised",
            }[role],
            alt=f"The four most variable maps of the {role} layer for the cat, {activation.shape[2]} by "
            f"{activation.shape[3]} cells each.",
        )

# %% [markdown]
# You should see three rows. The last one looks like this (here the teaching ResNet-18; another model shows other channels):
#
# ![Expected output: four maps of the late layer, 7 by 7 cells each. Some cells in the middle are bright, most near the border are dark. No cat can be recognised in them.](pictures/expected_late.webp)
#
# No class went into these pictures: the forward pass knows of none. Activation maps are **class-agnostic**. They say what was found, not what it counted for.
#
# ### A misconception: "deep maps show recognisable objects"
#
# Look at the last row once more. There is no tiny cat in it. A deep map says *how strongly* a channel answers in each of 7×7 squares, and nothing about what it looks like. The meaning
# is spread over many channels: how many of them answer to this one picture?

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_spread", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal():
    late = maps["late"][0]
    peaks = late.abs().amax(dim=(1, 2))
    total = late.abs().mean(dim=(1, 2)).sort(descending=True).values
    half = int((total.cumsum(0) < total.sum() / 2).sum()) + 1
    print(f"{int((peaks > 0).sum())} of {len(peaks)} channels of the late layer answer to the cat somewhere.")
    print(
        f"Half of all activation is spread over {half} channels; the strongest one holds {total[0] / total.sum():.1%}."
    )

# %% [markdown]
# ## A map on the picture
#
# To lay a map of 7×7 cells over a picture, it has to be as large as the picture. And to compare maps, all should have the same scale.
#
# ### Task 2 · `resize_map` (4 points)
#
# First bring the small map to [0, 1]: subtract its minimum, divide by maximum minus minimum. A constant map becomes zeros. Then resize it,
# bilinear with `align_corners=False`, without antialiasing.


# %% nbgrader={"grade": false, "grade_id": "resize_map", "locked": false, "schema_version": 3, "solution": true, "task": false}
def resize_map(activation_map: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """A map scaled to [0, 1] and resized to the size of a picture.

    activation_map: [h, w]. size: (H, W). Returns [H, W]; a constant map gives zeros.
    """
    ### BEGIN SOLUTION
    low, high = activation_map.min(), activation_map.max()
    if high == low:
        return torch.zeros(size)
    unit = ((activation_map - low) / (high - low)).detach().cpu()
    return F.interpolate(unit[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_resize_map", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(resize_map)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_overlay", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("top_channels", "resize_map"):

    def show_overlays(depth):
        chosen = top_channels(maps[depth], 3).tolist()
        layers = [resize_map(maps[depth][0, channel], x_cat.shape[-2:]).clamp(0, 1) for channel in chosen]
        show_pictures(
            [seen_cat, *(overlay(seen_cat, layer) for layer in layers)],
            titles=["the picture", *(f"channel {channel}" for channel in chosen)],
            suptitle=f"Where the three most variable channels of the {depth} layer answer (bright)",
            alt=f"The cat, and three times the cat with a map of the {depth} layer over it, bright where the channel answers.",
        )

    show_overlays("middle")
    explore(show_overlays, depth=["late", "middle", "early"])

# %% [markdown]
# The smooth edges come from enlarging. What the late layer knows is 7×7 numbers a channel.
#
# ### Predict · what moves?
#
# An animal stands in the picture. You move it **32 pixels** to the right. What happens in the late layer's maps of 7×7 cells?
#
# - **A** Nothing: a deep layer no longer knows where things are.
# - **B** Its mark moves by 1 cell.
# - **C** Its mark moves by 32 cells.
# - **D** Its mark moves by 7 cells.

# %% nbgrader={"grade": false, "grade_id": "answer_q_shift", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_shift = "B"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_shift", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_shift", answer_q_shift)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_shift", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("resize_map"):
    scenes, found = [], []
    for shift in (0, 32):
        scene = paste(
            make_background(NEUTRAL, 224), [Placement("zebra", x=(96 + shift) / 224, y=0.5, scale=0.42)]
        ).image
        pixels = normalise(scene, backbone.mean, backbone.std)
        answer = look("late", pixels)[0]
        scenes.append(scene)
        found.append(answer)
    empty = normalise(make_background(NEUTRAL, 224), backbone.mean, backbone.std)
    background = look("late", empty)[0]
    strength = [(answer - background).abs().mean(dim=0) for answer in found]
    for cells in (0, 1, 2):
        moved = strength[0][:, : 7 - cells].flatten()
        match = torch.corrcoef(torch.stack([moved, strength[1][:, cells:].flatten()]))[0, 1]
        print(f"second map against the first one moved by {cells} cell(s): correlation {match:.2f}")
    show_pictures(
        [overlay(scene, resize_map(one, (224, 224)).clamp(0, 1)) for scene, one in zip(scenes, strength)],
        titles=["before", "32 pixels to the right"],
        suptitle="Space survives depth: the mark moves along",
        alt="A zebra on grey, twice, the second time 32 pixels to the right. The bright mark of the late layer moves with it.",
    )

# %% [markdown]
# Space survives depth, at the price of resolution. That is why heatmaps from the last layer make sense at all (lesson 6).
#
# ## What does a channel like?
#
# One picture shows what a channel answered *here*. To learn what it looks for, show it many pictures, and cut out the places where it answers most. The more these
# **max-activating patches** have in common, the clearer the channel's meaning. At most one patch a picture: else one striped picture would fill the row.
#
# ### Task 3 · `max_activating_patches` (4 points)
#
# Over a batch of `N` pictures: in which `k` pictures does one channel answer most, and at which cell?


# %% nbgrader={"grade": false, "grade_id": "max_activating_patches", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_activating_patches(activations: torch.Tensor, channel: int, k: int) -> list[tuple[int, int, int]]:
    """The places where one channel answers most, at most one in each picture.

    activations: [N, C, h, w]. channel: which one. k: how many places, at most N.
    Returns a list of k tuples (image, row, column) of ints, the strongest first.
    """
    ### BEGIN SOLUTION
    one = activations[:, channel]
    values, places = one.flatten(1).max(dim=1)
    images = values.argsort(descending=True)[:k].tolist()
    return [(image, *divmod(int(places[image]), one.shape[-1])) for image in images]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_max_activating_patches", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(max_activating_patches)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_patches", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("top_channels", "max_activating_patches"):
    names = list_pictures("photograph") + list_pictures("cutout")[::5]
    pictures = []
    for name in names:
        picture = load_picture(name)
        if picture.mode == "RGBA":  # a cut-out: put it on grey
            picture = paste(make_background(NEUTRAL, 256), [Placement(name, scale=0.85)]).image
        pictures.append(backbone.preprocess(picture))
    batch = torch.cat(pictures)
    # Both layers in one pass for each sixteen pictures.
    both = [look(("middle", "late"), part) for part in batch.split(16)]
    collected = {role: torch.cat([pair[i] for pair in both]) for i, role in enumerate(("middle", "late"))}

    def show_patches(depth, channel):
        side = {"middle": 48, "late": 112}[depth]
        cell = batch.shape[-1] / collected[depth].shape[-1]
        patches, titles = [], []
        for image, row, column in max_activating_patches(collected[depth], channel, 6):
            top, left = (round(min(max((i + 0.5) * cell - side / 2, 0), 224 - side)) for i in (row, column))
            patches.append(
                to_image(batch[image], backbone.mean, backbone.std).crop((left, top, left + side, top + side))
            )
            titles.append(names[image].replace("_", " "))
        show_pictures(
            patches,
            titles=titles,
            columns=6,
            suptitle=f"What channel {channel} of the {depth} layer answers to most",
            alt=f"Six patches of {side} by {side} pixels: " + ", ".join(titles) + ".",
        )

    # The most variable channels over all pictures together, as one long map.
    liked = {
        role: top_channels(values.transpose(0, 1).flatten(2)[None], 4).tolist()
        for role, values in collected.items()
    }
    for role, channels in liked.items():
        for channel in channels[:2]:
            show_patches(role, channel)
    explore(lambda channel: show_patches("late", channel), channel=liked["late"][2:] + liked["late"][:2])

# %% [markdown]
# Do the patches of a channel have something in common: a colour, a texture, a shape? In some rows you may find it, a curved outline or a pattern of stripes. Other rows have no theme that we could name. A channel need not
# have *one* meaning, and what its patches share may look alike to nobody but the network. Careful, too: six patches out of some fifty pictures show what the channel likes **best of what it was
# offered**.
#
# ## Channels that never answer
#
# After a ReLU, a channel can be 0 everywhere. Is it broken?
#
# ### Predict · silent on the cat
#
# Suppose channel 17 of the late layer gives exactly 0 in all 49 cells for the cat. Is it dead?
#
# - **A** Yes: a channel that gives nothing is dead.
# - **B** Yes: a healthy ReLU never gives only zeros.
# - **C** One picture cannot tell.
# - **D** Only its weights can tell.

# %% nbgrader={"grade": false, "grade_id": "answer_q_dead", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_dead = "C"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_dead", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_dead", answer_q_dead)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 4 · `dead_channels` (3 points)
#
# Over a batch: the channels whose **absolute** value never exceeds the threshold, in no picture and in no cell. Why absolute? Not every layer ends in a ReLU.


# %% nbgrader={"grade": false, "grade_id": "dead_channels", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dead_channels(activations: torch.Tensor, threshold: float = 1e-6) -> torch.Tensor:
    """The channels that never answer over a whole batch.

    activations: [B, C, H, W]. threshold: an absolute value up to this counts as no answer.
    Returns a LongTensor of channel numbers, ascending; empty where every channel answers.
    """
    ### BEGIN SOLUTION
    peaks = activations.abs().amax(dim=(0, 2, 3))
    return torch.nonzero(peaks <= threshold).flatten().cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_dead_channels", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
lesson.check(dead_channels)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_silent", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("dead_channels"):
    total = collected["late"].shape[1]
    for count in (1, 2, 4, 16, len(batch)):
        silent = len(dead_channels(collected["late"][:count]))
        print(
            f"silent on {count:3} picture(s): {silent:5} of {total} late channels {'▇' * round(40 * silent / total)}"
        )

# %% [markdown]
# Silence on one picture is common deep in a network. Silence on *all* pictures is a finding.
#
# So use it as one. Below, a copy of the model was damaged: in its first BatchNorm layer (it shifts and scales each channel), a quarter of the channels got a bias far below zero, as one step with a
# far too large learning rate can do. The model still gives answers, and no error. Would you notice?

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_broken", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("dead_channels"):
    broken = copy.deepcopy(backbone.model)
    norm = next(module for module in broken.modules() if isinstance(module, nn.BatchNorm2d))
    with torch.no_grad():
        norm.bias[::4] -= 1000
    for title, model in (("healthy", backbone.model), ("damaged", broken)):
        early = torch.cat([look("early", part, model) for part in batch[:16].split(8)])
        dead = dead_channels(early).tolist()
        with torch.no_grad():
            probability, index = model(x_cat.to(lesson.device)).softmax(dim=1)[0].max(dim=0)
        print(f"{title}: says {backbone.labels[int(index)]} ({float(probability):.0%}); ", end="")
        print(
            f"{len(dead)} of {early.shape[1]} early channels are dead: {dead[:8]}{' ...' if len(dead) > 8 else ''}"
        )
        if title == "damaged" and dead:
            show_maps(
                [early[0, channel] for channel in (dead[0], dead[0] + 1, dead[1], dead[1] + 1)],
                titles=[
                    f"channel {c}" + (": dead" if c in dead else "")
                    for c in (dead[0], dead[0] + 1, dead[1], dead[1] + 1)
                ],
                shared=True,
                suptitle="Two of these four channels are dead: 0 everywhere",
                label="activation",
                alt="Four early maps of the damaged model: every other one is empty, the rest show the picture.",
            )

# %% [markdown]
# The instrument tells what the answers hide: channels 0, 4, 8, 12 and so on are dead, on every picture. Such a regular pattern has a cause. (A few dead channels in a model that works are no damage: they cost time and tell nothing.) When a training run goes wrong, dead channels, layer by layer, are among the first things to count.
#
# ## Stretch: is one channel a cat detector? (not graded)
#
# Find a late channel that answers more to mammals than to anything else: for each channel, the mean of its strongest answer over the mammals among `names` (`list_pictures("cutout", "mammal")`), minus that over all other pictures. Show its patches. Does it deserve the
# name *mammal channel*? Which picture would prove you wrong?

# %% nbgrader={"grade": false, "grade_id": "stretch_mammal", "locked": false, "schema_version": 3, "solution": true, "task": false}
# The late channel with the largest difference between mammals and the rest, and its patches.
with lesson.reveal():
    ### BEGIN SOLUTION
    mammals = set(list_pictures("cutout", "mammal"))
    is_mammal = torch.tensor([name in mammals for name in names])
    strongest = collected["late"].amax(dim=(2, 3))
    difference = strongest[is_mammal].mean(dim=0) - strongest[~is_mammal].mean(dim=0)
    channel = int(difference.argmax())
    show_patches("late", channel)
    wrong = [
        names[i]
        for i, *_ in max_activating_patches(collected["late"], channel, 12)
        if names[i] not in mammals
    ]
    print(f"among its 12 favourites, no mammal cut-out: {', '.join(wrong) or 'none'}")
    ### END SOLUTION

# %% [markdown]
# ## Reflection (2 points, read by a person)
#
# A blog post shows one map of a late layer, laid over the photograph of a dog. It is bright on the dog's head. *"Channel 301 is the dog-face neuron,"* it says, *"and this is why the network answered* dog*."*
#
# Write four to six sentences. What does this picture show, and which of the two claims does it support? What would you look at before you believed the first? Why can it not support the second?

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# The picture shows that channel 301 gave large values in the cells at the dog's head, on this one photograph. It supports neither claim. For the first I would look at the patches that activate the channel most, over many
# pictures, also without dogs: does it answer to wheels or to cat faces, too? Its meaning may be spread over many channels, so one name for one channel is a bold claim. The second claim is about the answer. Activation maps are class-agnostic:
# the same map would be there if I asked about *cat*. Whether the channel counted for *dog* depends on what the head does with it.
#
# ### BEGIN MARK SCHEME
# - 1 point: says what the map shows (where this channel answered, on this picture) and how to test the claim of a meaning (max-activating patches over many pictures, counter-examples, other channels).
# - 1 point: says that the map is class-agnostic, so that it cannot explain the answer; names what is missing (what the head does with it, gradients, an experiment).
# - Half points are possible. Language and length do not count.
# ### END MARK SCHEME

# %% [markdown]
# ## What each instrument answers
#
# | instrument | its question | its limit |
# |---|---|---|
# | filters (lesson 2) | What does this layer look for? | readable in the first layer alone |
# | hooks (lesson 3) | What passed here? | numbers, no picture yet |
# | **activation maps** | What did this layer find here? | no class in them; coarse when deep |
# | **max-activating patches** | What does this channel like? | the best of what it was offered |
# | **dead channels** | Does this channel work at all? | only as good as the pictures |
#
# **Next:** [lesson 5, *Which pixels matter?*](../05_attribution/attribution.ipynb). From what was found to what counted.
#
# **Sources.** Zeiler and Fergus, *Visualizing and Understanding Convolutional Networks*, ECCV 2014 (patches that activate a channel most). ·
# Bau et al., *Network Dissection: Quantifying Interpretability of Deep Visual Representations*, CVPR 2017. ·
# **Further reading:** Olah et al., *Feature Visualization*, Distill 2017, on activation maximisation: pictures made to please a channel.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.progress()

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_hand_in", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.hand_in()
