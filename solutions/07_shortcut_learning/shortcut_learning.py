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
# # 7 · Right answer, wrong reason
# <!-- COLAB BADGE -->
#
# A model is right on 99 of 100 pictures. Would you use it? In this lesson you train one that you should not use. Nothing in its
# score says so. You build four measures that do, repair the model, and let the same measures say whether the repair worked.
#
# **After this lesson you can**
#
# - split an accuracy into groups, and find the one that the average hides;
# - measure how much of a heatmap lies on the object, and compare that with chance;
# - change the background alone, and count the answers that change with it;
# - repair a shortcut in two ways, and say what each of them needs.
#
# **You need:** Grad-CAM and its limits (lesson 6). Here it comes ready made, as `course_utils.instruments`, with the library
# Captum underneath (`%pip install captum` where it is missing).
# **Time:** about 30 minutes. **Points:** 15 for four tasks, 3 for three questions, 2 for the reflection.
#
# Run the cells from top to bottom. A cell with TODO is yours; the cell below it checks your work, as often as you like.
# Stuck? `lesson.hint("group_accuracy")` gives a hint, and the next call a stronger one.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("07_shortcut_learning")

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np
import torch
from PIL import Image
from torch import nn

from course_utils.birds import BIRDS, PLACES, background, bird_set
from course_utils.composites import Placement, class_index, make_background, paste
from course_utils.display import overlay, show_pictures
from course_utils.heads import as_input, features_of, headless, train_head
from course_utils.images import list_pictures, load_picture, picture_info, to_image
from course_utils.instruments import grad_cam_batch

# %% [markdown]
# ## A wolf on snow
#
# Ribeiro et al. (2016) trained a classifier for huskies and wolves, and saw to it that nearly all wolves in the training pictures stood
# on snow. It became a snow detector. Then they showed ten of its answers, two mistakes among them, to 27 graduate students who had taken a course in machine learning:
#
# | | before they saw explanations | after |
# |---|---|---|
# | would trust the model | 10 of 27 | 3 of 27 |
# | named snow as a feature it may use | 12 of 27 | 25 of 27 |
#
# Such a feature is a **shortcut**: it goes with the label in the training pictures, and not in the world. An explanation opened many eyes. Still,
# those 27 people had to look and to interpret. We want numbers.
#
# ## A shortcut of our own
#
# ![Schematic: four groups of birds in a square. Rows: landbird, waterbird. Columns: on land, on water. The training set has 95 of 100 birds of each label on their own background, the test set 50. An arrow joins a waterbird on water with its twin, the same bird on land.](pictures/four_groups.svg)
#
# We know the truth about our pictures, because we make them: cut-out birds, pasted on drawn water and land. Sagawa et al. (2020) made
# *Waterbirds* the same way, from photographs. Two numbers describe a picture:
#
# - its **label**: landbird 0, waterbird 1;
# - its **group**: on land 0, on water 1.
#
# In training, 95 % of the birds of each label are on their own background. In the test, 50 % are. No bird of the test was in training. For each picture there is the **mask** of the bird, and a **twin**: same bird, same place, other background.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_set", "locked": true, "schema_version": 3, "solution": false, "task": false}
SEED, SIZE = 1, 224
train = bird_set(160, correlation=0.95, seed=SEED, split="train", size=SIZE)
fresh = bird_set(80, correlation=0.95, seed=SEED, split="train", size=SIZE)  # new pictures of the same birds
test = bird_set(100, correlation=0.5, seed=SEED, split="test", size=SIZE)  # other birds


def of_group(birds, label, group):
    """The numbers of the pictures with this label and this group."""
    return torch.nonzero((birds.labels == label) & (birds.groups == group))[:, 0].tolist()


examples = [of_group(train, label, group)[0] for label in (0, 1) for group in (0, 1)]
counts = [len(of_group(train, label, group)) for label in (0, 1) for group in (0, 1)]
names = [f"{BIRDS[label]} on {PLACES[group]}" for label in (0, 1) for group in (0, 1)]
show_pictures(
    [train.images[i] for i in examples] + [train.swapped[i] for i in examples],
    titles=[f"{n}: {c} of {len(train)}" for n, c in zip(names, counts, strict=True)] + ["its twin"] * 4,
    suptitle="Four groups, two of them rare; below, the same birds on the other background",
    alt="Two rows of four pictures. Above: a landbird on land, a landbird on water, a waterbird on land, a waterbird on water. "
    "Below each its twin: the same bird at the same place, with land and water exchanged.",
)

# %% [markdown]
# Now we train. The body of the network stays as it is: it turns a picture into features (512 numbers in ResNet-18). What is trained is a **head**,
# one linear layer from the features to two scores. Therefore each picture goes through the body once, and training takes a second.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "train_biased", "locked": true, "schema_version": 3, "solution": false, "task": false}
backbone = lesson.backbone  # ResNet-18, or what stands in for it: the line below says which one is in use
body = headless(backbone)
seen, twins, like_own, unseen, unseen_twins = (
    features_of(body, images, backbone)
    for images in (train.images, train.swapped, fresh.images, test.images, test.swapped)
)


def answers(head, features):
    """The predicted label of each picture, from its features."""
    with torch.no_grad():
        return head.cpu()(features).argmax(dim=1)


def with_head(head):
    """Body and head together: a classifier for pictures."""
    return nn.Sequential(body, head.to(lesson.device)).eval()


heads = {"biased": train_head(seen, train.labels, seed=SEED)}
own = float((answers(heads["biased"], like_own) == fresh.labels).float().mean())
print(
    f"right on {len(fresh)} new pictures like its own (same birds, 95 % on their own background): {own:.0%}"
)

# %% [markdown]
# Hardly a mistake. A paper could be written about it.
#
# ### Predict · a model that looks at the background alone
#
# Suppose that a model answers *waterbird* on water and *landbird* on land, whatever the bird. On data like its own it is right in 95 % of the cases. What is its
# accuracy in its **worst group** of the balanced test?
#
# - **A** 95 %
# - **B** 50 %
# - **C** 5 %
# - **D** 0 %
#
# Put your answer in quotes, then run both cells.

# %% nbgrader={"grade": false, "grade_id": "answer_q_average", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_average = "D"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_average", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_average", answer_q_average)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 1 · `group_accuracy` (4 points)
#
# Split the accuracy: one number for each label and group. By hand first, on 8 pictures:
#
# | picture | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |
# |---|---|---|---|---|---|---|---|---|
# | label | 0 | 0 | 0 | 0 | 0 | 1 | 1 | 1 |
# | group | 0 | 0 | 0 | 0 | 1 | 0 | 1 | 1 |
# | prediction | 0 | 0 | 1 | 0 | 1 | 0 | 1 | 1 |
#
# Landbirds on land: pictures 1 to 4, three are right: 0.75. Landbird on water: picture 5, wrong: 0. Waterbird on land: picture 6, wrong: 0. Waterbirds
# on water: pictures 7 and 8, both right: 1. As a table with a row for each label: (0.75, 0) over (0, 1). The plain accuracy, 5 of 8, hides two zeros.
#
# A group without a picture has no accuracy. Say so with NaN: a 0 would be a claim.


# %% nbgrader={"grade": false, "grade_id": "group_accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def group_accuracy(predictions: torch.Tensor, labels: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """The accuracy for each label and group.

    predictions, labels, groups: LongTensors [N] with values 0 and 1. Returns float [2, 2]: row label, column group; NaN for
    a group with no picture.
    """
    ### BEGIN SOLUTION
    table = torch.full((2, 2), float("nan"))
    for label in (0, 1):
        for group in (0, 1):
            cell = (labels == label) & (groups == group)
            if cell.any():
                table[label, group] = (predictions[cell] == label).float().mean()
    return table
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_group_accuracy", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(group_accuracy)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_groups", "locked": true, "schema_version": 3, "solution": false, "task": false}
def write_groups(title, table):
    """Print a table of accuracies by label and group."""
    print(f"{title:28}{'on land':>10}{'on water':>10}")
    for name, row in zip(BIRDS, torch.as_tensor(table).tolist(), strict=True):
        print(f"{name:28}" + "".join(f"{value:10.1%}" for value in row))


with lesson.reveal("group_accuracy"):
    by_group = group_accuracy(answers(heads["biased"], unseen), test.labels, test.groups)
    write_groups("our biased model, test", by_group)
    print(
        f"average {torch.as_tensor(by_group).mean():.1%}, worst group {torch.as_tensor(by_group).min():.1%}\n"
    )
    write_groups("Waterbirds, ResNet-50", torch.tensor([[0.992, 0.776], [0.637, 0.942]]))

# %% [markdown]
# Below ours: the published numbers of one ResNet-50 with plain training on Waterbirds (Sagawa et al. 2020), 86.3 % right overall. Other birds, other backgrounds, another network, and the
# same pattern: good on the diagonal, bad off it. The groups that were rare in training pay.
#
# Part of our gap is no shortcut: the birds are new, and some are hard. That is why we need more than accuracies.
#
# ## Where does it look?
#
# Ask Grad-CAM, and lay the heatmap beside the mask. First, one question.
#
# ### Predict · how much is much?
#
# A bird covers 9 % of a picture. Of the heatmap's energy (the sum of its values), 9 % lie on the bird. What follows?
#
# - **A** The model looks at the background: 91 % are there.
# - **B** The heatmap prefers neither: this is what a heatmap gets that is the same everywhere.
# - **C** The model does not see the bird, for 9 % is too little.
# - **D** Nothing: heatmaps are too coarse to say anything about places.

# %% nbgrader={"grade": false, "grade_id": "answer_q_share", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_share = "B"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_share", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_share", answer_q_share)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 2 · `energy_inside` (3 points)
#
# The share of a heatmap's energy that lies inside a mask (the *energy pointing game* of Wang et al. 2020). By hand: a heatmap (1, 0) over (2, 1), and the
# mask is the bottom row. Inside: 2 + 1 = 3. All: 4. The share is 0.75.


# %% nbgrader={"grade": false, "grade_id": "energy_inside", "locked": false, "schema_version": 3, "solution": true, "task": false}
def energy_inside(heatmap: torch.Tensor, mask: torch.Tensor) -> float:
    """The share of a heatmap's sum that lies inside a mask (Wang et al. 2020).

    heatmap: [H, W], no value below 0, not necessarily scaled. mask: bool [H, W]. Returns a float in [0, 1]; 0.0 for a heatmap
    of zeros.
    """
    ### BEGIN SOLUTION
    whole = float(heatmap.sum())
    if whole == 0:
        return 0.0
    return float(heatmap[mask].sum()) / whole
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_energy_inside", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
lesson.check(energy_inside)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_heatmaps", "locked": true, "schema_version": 3, "solution": false, "task": false}
HEATMAPS = 40  # of the test's pictures, to save time
areas = [float(mask.float().mean()) for mask in test.masks[:HEATMAPS]]


def heatmaps_of(head):
    """Grad-CAM of the predicted label on the first pictures of the test."""
    layer = body.get_submodule(backbone.layer_names["gradcam_layer"])
    return grad_cam_batch(with_head(head), layer, as_input(test.images[:HEATMAPS], backbone))[0]


def energies(heatmaps):
    """energy_inside of the bird, for each heatmap."""
    return [float(energy_inside(h, m)) for h, m in zip(heatmaps, test.masks[:HEATMAPS], strict=True)]


def times_chance(heatmaps):
    """The energy inside the bird over the bird's area, averaged over the pictures."""
    return float(np.mean([energy / area for energy, area in zip(energies(heatmaps), areas, strict=True)]))


with lesson.reveal("energy_inside"):
    biased_maps = heatmaps_of(heads["biased"])
    told = answers(heads["biased"], unseen[:HEATMAPS])
    # Two of either label on the wrong background, wrong answers first, and something in the heatmap to look at.
    chosen = []
    for label in (0, 1):
        rare = [i for i in of_group(test, label, 1 - label) if i < HEATMAPS and biased_maps[i].max() > 0]
        chosen += sorted(rare, key=lambda i: bool(told[i] == test.labels[i]))[:2]
    shown, titles = [], []
    for i in chosen:
        outline = test.images[i].clone()
        outline[:, ~test.masks[i]] = outline[:, ~test.masks[i]] // 4 + 190  # all but the bird made pale
        shown += [outline, overlay(test.images[i], biased_maps[i])]
        titles += [f"{BIRDS[test.labels[i]]} on {PLACES[test.groups[i]]}", f"answer: {BIRDS[told[i]]}"]
    show_pictures(
        shown,
        titles=titles,
        suptitle="The bird by its mask, and beside it what the biased model used",
        alt="Four birds on the wrong background, each beside its heatmap. " + "; ".join(titles) + ".",
    )
    print(
        f"energy inside the bird {np.mean(energies(biased_maps)):.2f}, area of the bird {np.mean(areas):.2f}"
    )
    print(f"energy over area, picture by picture: {times_chance(biased_maps):.1f} times chance on average")

# %% [markdown]
# Some heatmaps lie on the bird, others spread over water or grass. Above 1 time chance, on average: the bird does count for something. **Is that good or bad?** A heatmap has
# no such answer. It has no zero point for *reasonable*. And it looks at places, while we want to know what happens if the place were different. So let us
# make it different.
#
# ## Swap the background
#
# Each test picture has a twin. If a model uses the bird, the twin gets the same answer. The share of pairs with two different answers is the **flip rate**.
# This is an experiment: one thing changes, all else stays.
#
# ### Task 3 · `flip_rate` (4 points)
#
# - Compare predicted **classes**: the scores differ nearly always.
# - The model may come in train mode, where dropout and BatchNorm make answers that depend on chance and on the batch. Use eval mode during the call.
# - Afterwards **every module** has the flag that it came with, also when the forward pass fails. Some models come mixed: frozen BatchNorm layers in eval mode, the rest in
#   train mode. `model.train()` at the end would spoil them.


# %% nbgrader={"grade": false, "grade_id": "flip_rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flip_rate(model: nn.Module, originals: torch.Tensor, counterfactuals: torch.Tensor) -> float:
    """The share of predicted classes that change between pictures and their counterfactuals.

    model: a classifier in any mode, logits [N, K]. originals, counterfactuals: [N, 3, H, W], the same objects on swapped
    backgrounds. Returns a float in [0, 1]. The model is in eval mode during the call and as it came afterwards.
    """
    ### BEGIN SOLUTION
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            before = model(originals).argmax(dim=1)
            after = model(counterfactuals).argmax(dim=1)
    finally:
        for module, mode in modes:
            module.training = mode
    return (before != after).float().mean().item()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_flip_rate", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(flip_rate)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_flips", "locked": true, "schema_version": 3, "solution": false, "task": false}
some, some_twins = (as_input(images[:16], backbone) for images in (test.images, test.swapped))
with lesson.reveal("flip_rate"):
    print(f"on 16 pairs of pictures:        {flip_rate(with_head(heads['biased']), some, some_twins):.4f}")
    # The body is frozen, so its kept features stand in for the pictures: the same answers, without the waiting.
    print(
        f"the same from kept features:    {flip_rate(heads['biased'].cpu(), unseen[:16], unseen_twins[:16]):.4f}"
    )
    rate = flip_rate(heads["biased"], unseen, unseen_twins)
    first, second = answers(heads["biased"], unseen), answers(heads["biased"], unseen_twins)
    flipped = torch.nonzero(first != second)[:4, 0].tolist()
    show_pictures(
        [picture for i in flipped for picture in (test.images[i], test.swapped[i])],
        titles=[f"answer: {BIRDS[told[i]]}" for i in flipped for told in (first, second)],
        suptitle="Same bird, other background, other answer",
        alt=f"{len(flipped)} birds, each on its own background and on the other one; the biased model's answer changes each time.",
    )
    print(f"on all {len(test)} pairs of the test:   {rate:.4f}")

# %% [markdown]
# No interpretation is needed here. In these pairs nothing changed but the background, and the answer did. The background caused it.
#
# ## Two repairs
#
# **Balanced sampling.** Take the same 160 pictures, and draw the rare groups more often, so that all four have the same weight. It needs to know
# each picture's group, and no new picture.
#
# **Random backgrounds.** Each time a picture comes up, a coin decides whether the bird stays or is pasted on the other background: our twins. It needs the mask of every bird,
# and no knowledge of groups at test time.
#
# ### Task 4 · `balanced_weights` (4 points)
#
# By hand: cells of 4, 1, 1 and 2 pictures, as in the table of task 1. Each of the 4 cells gets 1/4 of the weight. So a picture of the first weighs 1/16, a picture of the second and third 1/4, of the last
# 1/8. All weights together: 4/16 + 1/4 + 1/4 + 2/8 = 1.
#
# Labels and groups are any integers here, and cells without a picture do not count.


# %% nbgrader={"grade": false, "grade_id": "balanced_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def balanced_weights(labels: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """A weight for each picture, so that every (label, group) cell that has pictures weighs the same.

    labels, groups: LongTensors [N], any integers. Returns float [N]; the sum is 1.
    """
    ### BEGIN SOLUTION
    pairs = list(zip(labels.tolist(), groups.tolist(), strict=True))
    cells = set(pairs)
    return torch.tensor([1 / (len(cells) * pairs.count(pair)) for pair in pairs])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_balanced_weights", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(balanced_weights)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_repairs", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("group_accuracy", "energy_inside", "flip_rate", "balanced_weights"):
    weights = torch.as_tensor(balanced_weights(train.labels, train.groups))
    heads["balanced"] = train_head(seen, train.labels, weights, seed=SEED)
    # A coin for each draw is the same as drawing from pictures and twins together.
    heads["random backgrounds"] = train_head(torch.cat([seen, twins]), train.labels.repeat(2), seed=SEED)
    print(f"{'':20}{'like its own':>13}{'average':>9}{'worst group':>13}{'energy/area':>13}{'flip rate':>11}")
    maps = {"biased": biased_maps}
    for name, head in heads.items():
        own = float((answers(head, like_own) == fresh.labels).float().mean())
        by_group = torch.as_tensor(group_accuracy(answers(head, unseen), test.labels, test.groups))
        maps.setdefault(name, heatmaps_of(head))
        rate = flip_rate(head.cpu(), unseen, unseen_twins)
        ratio = times_chance(maps[name])
        print(f"{name:20}{own:13.2f}{by_group.mean():9.2f}{by_group.min():13.2f}{ratio:13.2f}{rate:11.2f}")
    gain = np.subtract(energies(maps["random backgrounds"]), energies(biased_maps))
    best = np.argsort(-gain)[:2].tolist()
    show_pictures(
        [
            picture
            for i in best
            for picture in (test.images[i], *(overlay(test.images[i], maps[n][i]) for n in maps))
        ],
        titles=["the picture", *maps] * 2,
        suptitle="After the repair the heatmap moves to the bird (the two pictures where it moves most)",
        alt="Two birds, each beside three heatmaps: of the biased model, spread over the background; "
        "of the balanced one; and of the one with random backgrounds, on the bird.",
    )

# %% [markdown]
# With EfficientNet-Lite0 it looks like this:
#
# ![Expected output: two rows, a white rhea on water and a penguin on land. In each row the picture, then three heatmaps over it. That of the biased model lies on the background beside the bird. That of the model with random backgrounds lies on the bird, in both rows. That of the balanced model still lies on the water in the first row, and on the penguin in the second.](pictures/expected_repairs.webp)
#
# Now the table. The first column of numbers: on data like their own, all three models are alike. **That test cannot tell a shortcut from knowledge**, because
# the shortcut works there. The average over the groups hardly tells, either. The worst group and the flip rate do.
#
# One run is one run. Here are the medians of five, each with another split of the birds (`python -m benchmarks.birds`, EfficientNet-Lite0):
#
# | model | like its own | average of the four groups | worst group | energy over area | flip rate |
# |---|---|---|---|---|---|
# | biased | 1.00 | 0.68 | 0.16 | 2.3 | 0.59 |
# | balanced sampling | 1.00 | 0.67 | 0.28 | 2.5 | 0.46 |
# | random backgrounds | 1.00 | 0.72 | 0.60 | 3.1 | 0.12 |
#
# The average of the groups hardly moves: the repaired model is worse where the background used to help. The worst group and the flip rate move a lot. With other
# birds (other seeds) the biased model's worst group is between 0.16 and 0.64: try one.
#
# Random backgrounds help most. Balanced sampling helps less: it repeats the same few rare pictures over and over, and learns those by heart. When balancing is all you can do, collect more of the rare groups first.
# A repair of one shortcut can also feed another (Li et al. 2023 saw that on ImageNet), so measure again, and more than one thing.
#
# ### Predict · a flip rate of zero
#
# A colleague has a bird model with a flip rate of 0.00 on these pairs. What follows?
#
# - **A** It uses the bird.
# - **B** It is right on most pictures.
# - **C** Its answers do not depend on which of these two backgrounds a picture has.
# - **D** No background at all can change its answers.

# %% nbgrader={"grade": false, "grade_id": "answer_q_constant", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_constant = "C"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_constant", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_constant", answer_q_constant)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_constant", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("group_accuracy", "flip_rate"):
    always = nn.Linear(seen.shape[1], 2)
    with torch.no_grad():
        always.weight.zero_()
        always.bias.copy_(torch.tensor([1.0, 0.0]))  # landbird, whatever comes
    rate = flip_rate(always, unseen, unseen_twins)
    write_groups(f"flip rate {rate:.2f}", group_accuracy(answers(always, unseen), test.labels, test.groups))

# %% [markdown]
# ## What a heatmap does not prove
#
# | claim | does the heatmap prove it? | what would test it |
# |---|---|---|
# | it lies on the background, so the model is wrong | no: our biased model is right on most pictures | accuracy by group |
# | it lies on the bird, so the model knows birds | no: colour and texture lie there, too (lesson 6) | change one of them |
# | it lies on the bird, so the background does not matter | no: positive evidence alone is shown, and scores sum over places | swap the background |
# | it moved to the bird, so the repair worked | no: it may be right there for this class and these pictures alone | groups and flips on unseen birds |
#
# A heatmap is a good place to *start*: it shows what to suspect. In the husky study that was snow. The experiment comes after it. In medicine, too: in a study of the authors of Grad-CAM, heatmaps showed
# that a model told doctors from nurses by faces and hair. With balanced pictures its accuracy on new ones rose from 82 % to 90 % (Selvaraju et al. 2017).
#
# ## And the pretrained network itself?
#
# Object or context? Ask the network that you have trusted for six lessons. Fifteen of our birds belong to one of its 1000 classes. Here is each of them on water, and on land; the measures are yours.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_pretrained", "locked": true, "schema_version": 3, "solution": false, "task": false}
known = [
    name
    for group in ("waterbird", "landbird")
    for name in list_pictures("cutout", group)
    if picture_info(name).classes
]
rng = np.random.default_rng(7)
scenes = {
    place: [
        paste(Image.fromarray(background(place, 224, rng)), [Placement(name, scale=0.7)]) for name in known
    ]
    for place in PLACES
}
batches = {
    place: torch.cat(
        [as_input(torch.from_numpy(np.array(s.image)).permute(2, 0, 1)[None], backbone) for s in made]
    )
    for place, made in scenes.items()
}
true_classes = [class_index(name) for name in known]
with lesson.reveal("energy_inside", "flip_rate"):
    print(
        f"{len(known)} birds, 1000 classes. Flip rate between land and water: "
        f"{flip_rate(backbone.model, batches['land'], batches['water']):.2f}"
    )
    for place in PLACES:
        with torch.no_grad():
            probabilities = backbone.model(batches[place]).softmax(dim=1).cpu()
        right = sum(int(p.argmax()) == c for p, c in zip(probabilities, true_classes, strict=True))
        chance = [float(p[c]) for p, c in zip(probabilities, true_classes, strict=True)]
        hot, _ = grad_cam_batch(backbone.model, backbone.gradcam_layer, batches[place], true_classes)
        masks = [torch.from_numpy(s.masks[name]) for s, name in zip(scenes[place], known, strict=True)]
        energy = sum(energy_inside(h, m) for h, m in zip(hot, masks, strict=True)) / len(known)
        share = sum(float(m.float().mean()) for m in masks) / len(known)
        print(
            f"on {place:6} own class first: {right:2} of {len(known)}   "
            f"its probability: {np.mean(chance):.2f}   energy/area: {energy / share:.1f}"
        )

# %% [markdown]
# And three photographs that nobody composed. There is no mask, so we draw a box around the thing by hand. Then we grey out either the box or all the rest.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_context", "locked": true, "schema_version": 3, "solution": false, "task": false}
BOXES = {"coffee": (145, 8, 370, 270), "rocket": (236, 92, 278, 332), "photographer": (228, 140, 410, 512)}
panels, notes = [], []
for name, box in BOXES.items():
    photo = load_picture(name).convert("RGB")
    grey = make_background((124, 116, 104), max(photo.size)).resize(photo.size)
    without, alone = photo.copy(), grey.copy()
    without.paste(grey.crop(box), box[:2])
    alone.paste(photo.crop(box), box[:2])
    x = {
        what: backbone.preprocess(p).to(lesson.device)
        for what, p in (("whole", photo), ("context", without), ("thing", alone))
    }
    truth = [backbone.labels.index(c) for c in picture_info(name).classes]
    for what, tensor in x.items():
        with torch.no_grad():
            share = float(backbone.model(tensor).softmax(dim=1)[0, truth].sum())
        panels.append(to_image(tensor.cpu(), backbone.mean, backbone.std))
        notes.append(f"{what}: {' or '.join(picture_info(name).classes)} {share:.0%}")
show_pictures(
    panels,
    titles=notes,
    columns=3,
    suptitle="The whole, the context alone, the thing alone: probability of the thing's class",
    alt="Three photographs, a cup, a rocket and a tripod, each whole, with the thing greyed out, and with all but the thing greyed out. "
    + "; ".join(notes)
    + ".",
)

# %% [markdown]
# With EfficientNet-Lite0, the cup and the tripod are found without their surroundings, and lost without the thing itself. The rocket is the other way round: the launch pad alone
# gets more than the rocket alone. And of the birds, four in ten get another answer on the other background, some of them only a neighbour's name. So there is no one answer: ask
# for each class. Using context is no fault in itself, people do so, too. It becomes a fault where the context will not hold: another hospital, another season, another place.
#
# ## Stretch: how much correlation is too much? (not graded)
#
# You have features of every training picture and of its twin. From them you can put together a training set with any correlation, without running the body again. Train heads for 50, 70, 90, 95 and 100 %,
# and print worst group and flip rate. Where does it tip over?

# %% nbgrader={"grade": false, "grade_id": "stretch_correlation", "locked": false, "schema_version": 3, "solution": true, "task": false}
# Put together training sets of several correlations from `seen` and `twins`, and compare the heads.
with lesson.reveal("group_accuracy"):
    ### BEGIN SOLUTION
    matched = (train.groups == train.labels)[:, None]
    on_own, on_other = torch.where(matched, seen, twins), torch.where(matched, twins, seen)
    shuffled = torch.randperm(len(train), generator=torch.Generator().manual_seed(SEED))
    rank = shuffled.argsort() / len(train)
    print("correlation   worst group   flip rate")
    for correlation in (0.5, 0.7, 0.9, 0.95, 1.0):
        mixed = torch.where((rank < correlation)[:, None], on_own, on_other)
        head = train_head(mixed, train.labels, seed=SEED)
        worst = group_accuracy(answers(head, unseen), test.labels, test.groups).min()
        flips = (answers(head, unseen) != answers(head, unseen_twins)).float().mean()
        print(f"{correlation:11.0%}{worst:14.2f}{flips:12.2f}")
    ### END SOLUTION

# %% [markdown]
# ## Reflection (2 points, read by a person)
#
# A hospital buys a model that finds pneumonia in chest X-rays: 97 % right on pictures from its maker's own hospital. Each hospital prints its own mark into a corner, and in one of them nearly
# all patients were very ill.
#
# Write four to six sentences. What do you suspect? Which groups would you look at? Which pictures would you change, and how? Which result would make you use the model, and which would not be enough?

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# I suspect that the model reads the mark: it tells the hospital, and the hospital tells who is ill. I would compute the accuracy for ill and healthy patients of each
# hospital apart, above all for the healthy ones of the hospital with many ill patients. Then I would exchange the marks, or cover them, keep all else, and count the answers that change. A heatmap away from
# the corner would not be enough, nor would a high average on pictures like the maker's own. If no group is much worse than the others, on pictures from our own hospital, and hardly any answer
# changes with the mark, I would begin to use it, and go on measuring.
#
# ### BEGIN MARK SCHEME
# - 1 point: names the suspected shortcut (mark or hospital goes with the diagnosis) and the groups to look at (diagnosis by hospital), or says why the 97 % do not exclude it.
# - 1 point: names an experiment that changes the mark and keeps the rest, with a result that would count for or against; says that a heatmap or an average alone is not enough.
# - Half points are possible. Language and length do not count.
# ### END MARK SCHEME

# %% [markdown]
# ## What each instrument answers
#
# | instrument | its question | its limit |
# |---|---|---|
# | accuracy on data like its own | Does it work as long as nothing changes? | a shortcut works there, too |
# | **accuracy by group** | Who pays? | one must know the groups |
# | Grad-CAM (lesson 6) | Where is the evidence for this class? | where, not what; positive only |
# | **energy inside** ÷ area | Is it more on the object than by chance? | needs a mask; no scale for *good* |
# | **flip rate** | Does the background decide? | needs twins; says nothing about right or wrong |
# | **balanced weights**, random backgrounds | Does it go away? | measure again, on unseen things |
#
# **Next:** [lesson 8, *Train your own*](../08_fine_tune/fine_tune.ipynb). Your own pictures, your own model, and a shortcut hidden in them.
#
# **Sources.** Ribeiro, Singh, Guestrin, *"Why Should I Trust You?": Explaining the Predictions of Any Classifier*, KDD 2016. ·
# Sagawa, Koh, Hashimoto, Liang, *Distributionally Robust Neural Networks for Group Shifts*, ICLR 2020. ·
# Wang et al., *Score-CAM*, CVPR workshops 2020. · Selvaraju et al., *Grad-CAM*, ICCV 2017. ·
# Li et al., *A Whac-A-Mole Dilemma: Shortcuts Come in Multiples Where Mitigating One Amplifies Others*, CVPR 2023.
# **Further reading:** LIME, the explanation method of the husky study.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.progress()

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_hand_in", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.hand_in()
