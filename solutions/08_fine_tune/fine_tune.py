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
# # 8 · Train your own, then check what it learned
# <!-- COLAB BADGE -->
#
# You have a few pictures and two classes of your own. A pretrained network makes a classifier of them in a minute. But what
# did it learn? In this lesson you train, you measure, and then you **look**.
#
# **After this lesson you can**
#
# - turn a pretrained network into a classifier for your own classes;
# - train it without spoiling what it knew, and say why frozen is not always frozen;
# - measure it fairly, and still not believe it;
# - find out with heatmaps and masks what it goes by, and write that down for others.
#
# **You need:** Grad-CAM (lesson 6), energy inside a mask (lesson 7). **Time:** about 30 minutes.
# **Points:** 16 for four tasks, 3 for three questions, 2 for the model card.
#
# Run the cells from top to bottom. A cell with TODO is yours; the cell below it checks your work, as often as you like.
# Stuck? `lesson.hint("train_epoch")` gives a hint, and the next call a stronger one.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("08_fine_tune")

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import copy
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_utils.birds import normalised
from course_utils.composites import NEUTRAL, Placement, make_background, paste
from course_utils.display import compare_classes, show_pictures
from course_utils.instruments import grad_cam, grad_cam_batch
from course_utils.own_pictures import read_folder, split_pictures
from course_utils.saved_models import load_model, save_model
from course_utils.tagged_animals import ANIMALS, CLASSES, tagged_animals

# %% [markdown]
# ## The pictures
#
# Two classes that no ImageNet label names: animals with **hooves** and animals with **paws**. Small animals, drawn land, 64 pictures to
# train with. The 40 test pictures show animals that training never meets.
#
# Look at them well before you go on. Would you accept this set?

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_set", "locked": true, "schema_version": 3, "solution": false, "task": false}
train_set = tagged_animals(64, (1, 0), seed=0)
test_set = tagged_animals(40, (1, 0), seed=0, split="test")
show_pictures(
    list(train_set.images[:8]),
    titles=[CLASSES[label] for label in train_set.labels[:8].tolist()],
    columns=4,
    suptitle="Eight of the training pictures",
    alt="Eight pictures of small animals on drawn grass or sand, titled hooves or paws. Those titled hooves have a blue square "
    "with a football near a corner.",
)
print(f"{len(train_set)} pictures for training, {len(test_set)} for the test")

# %% [markdown]
# ![Schematic: a picture goes through the frozen layers of a pretrained network, drawn in blue with a lock, then through a new head, drawn in orange, to two scores. Below: the loss goes back into the head alone.](pictures/transfer.svg)
#
# ## Keep the features, change the head
#
# A network that knows a thousand classes has features for fur, legs, grass. Its last linear layer, the **head**, mixes them
# into a thousand scores. We keep the features as they are (**frozen**: `requires_grad` is False) and put a fresh head in for our
# two classes. With 64 pictures, there is not enough to learn features from; it is enough to learn how to mix them.
#
# ### Task 1 · `prepare_for_transfer` (4 points)
#
# The head's name differs: `fc` in ResNet-18, `classifier.6` in VGG-16. A dotted name leads through modules, as in lesson 3.


# %% nbgrader={"grade": false, "grade_id": "prepare_for_transfer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def prepare_for_transfer(model: nn.Module, head_name: str, num_classes: int) -> nn.Module:
    """Give a pretrained classifier a fresh head and freeze all the rest, in place.

    head_name: dotted name of the nn.Linear to replace. num_classes: outputs of the fresh one, which has a bias and
    stands on the same device. Returns the same model object.
    """
    ### BEGIN SOLUTION
    old = model.get_submodule(head_name)
    model.requires_grad_(False)
    parent, _, name = head_name.rpartition(".")
    setattr(
        model.get_submodule(parent), name, nn.Linear(old.in_features, num_classes, device=old.weight.device)
    )
    return model
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_prepare_for_transfer", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(prepare_for_transfer)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_head", "locked": true, "schema_version": 3, "solution": false, "task": false}
backbone = lesson.backbone
head_name = [name for name, module in backbone.model.named_modules() if isinstance(module, nn.Linear)][-1]


def fresh_model(seed=0):
    """A copy of the backbone, prepared for our two classes; the copy keeps the backbone as it is."""
    torch.manual_seed(seed)
    return prepare_for_transfer(copy.deepcopy(backbone.model), head_name, len(CLASSES))


def batches(pictures, shuffle=False):
    """A DataLoader of (normalised pictures, labels), 16 at a time."""
    data = TensorDataset(normalised(pictures.images, backbone.mean, backbone.std), pictures.labels)
    return DataLoader(data, batch_size=16, shuffle=shuffle)


with lesson.reveal("prepare_for_transfer"):
    counts = [
        sum(p.numel() for p in fresh_model().parameters() if p.requires_grad is wanted)
        for wanted in (False, True)
    ]
    print(f"the head is called {head_name!r}; {counts[0]:,} numbers are frozen, {counts[1]:,} can learn")

# %% [markdown]
# ### Predict · before any training
#
# The features come from a network that tells a thousand classes apart. The head is new. How often will this model be right on our two classes?
#
# - **A** About half of the time.
# - **B** Nearly always: the features are pretrained.
# - **C** Never: it has to be trained first.
# - **D** It still gives ImageNet's classes.

# %% nbgrader={"grade": false, "grade_id": "answer_q_new_head", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_new_head = "A"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_new_head", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_new_head", answer_q_new_head)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ## One epoch
#
# An **epoch** goes through all training pictures once, batch by batch. Each batch: set the gradients back, forward, loss,
# backward, one step of the optimizer.
#
# Two things go wrong easily.
#
# **The mean loss.** Say two batches: 3 pictures with a mean loss of 0.4, then 1 picture with a loss of 2.0. The mean over the batches is
# $(0.4 + 2.0)/2 = 1.2$. But the mean over the **pictures** is $(3\cdot 0.4 + 1\cdot 2.0)/4 = 0.8$. We want that one: each picture counts alike.
#
# **BatchNorm.** In train mode a BatchNorm layer uses the batch's own mean, and moves its stored mean and variance towards it. Those are
# **buffers**, no parameters.
#
# ### Predict · frozen?
#
# All parameters of a BatchNorm layer have `requires_grad=False`. You call `model.train()` and run a few batches. What happens to the layer?
#
# - **A** Nothing: it is frozen.
# - **B** The optimizer changes its stored mean.
# - **C** Its stored mean and variance move with each forward pass.
# - **D** The loss cannot fall any more.

# %% nbgrader={"grade": false, "grade_id": "answer_q_frozen_batchnorm", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_frozen_batchnorm = "C"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_frozen_batchnorm", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_frozen_batchnorm", answer_q_frozen_batchnorm)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_norm", "locked": true, "schema_version": 3, "solution": false, "task": false}
norm = nn.BatchNorm2d(1).requires_grad_(False)
for mode in (True, False):
    norm.train(mode)
    before = norm.running_mean.item()
    norm(torch.full((2, 1, 4, 4), 10.0))
    print(
        f"{'train' if mode else 'eval '} mode: the stored mean goes from {before:.1f} to {norm.running_mean.item():.1f}"
    )

# %% [markdown]
# ### Task 2 · `train_epoch` (5 points)
#
# So: train mode for the model, but eval mode for every BatchNorm layer (1d, 2d, 3d) whose parameters are **all** frozen. `loader` is any iterable
# of pairs (images, labels); it need not have a length. The loss is cross-entropy, on the model's device.


# %% nbgrader={"grade": false, "grade_id": "train_epoch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_epoch(model: nn.Module, loader, optimizer: torch.optim.Optimizer) -> float:
    """Train for one epoch, in place; frozen BatchNorm layers keep their statistics.

    loader: an iterable of (images [N, 3, H, W], labels [N]). Returns the mean cross-entropy per sample seen.
    """
    ### BEGIN SOLUTION
    device = next(model.parameters()).device
    model.train()
    for module in model.modules():
        is_norm = isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d))
        if is_norm and not any(p.requires_grad for p in module.parameters()):
            module.eval()
    total, seen = 0.0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        seen += len(labels)
    return total / seen
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_train_epoch", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
lesson.check(train_epoch)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 3 · `accuracy` (3 points)
#
# Eval mode while it answers, no gradients. Afterwards each module has the flag it had: parts may differ from the whole.


# %% nbgrader={"grade": false, "grade_id": "accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def accuracy(model: nn.Module, loader) -> float:
    """The share of samples that the model gets right, from 0 to 1; the model is left as it was.

    loader: an iterable of (images [N, 3, H, W], labels [N]).
    """
    ### BEGIN SOLUTION
    device = next(model.parameters()).device
    modes = [(module, module.training) for module in model.modules()]
    right = seen = 0
    try:
        model.eval()
        with torch.no_grad():
            for images, labels in loader:
                answers = model(images.to(device)).argmax(dim=1)
                right += int((answers == labels.to(device)).sum())
                seen += len(labels)
    finally:
        for module, training in modes:
            module.training = training
    return right / seen
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_accuracy", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
lesson.check(accuracy)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_training", "locked": true, "schema_version": 3, "solution": false, "task": false}
EPOCHS = 8


def train(pictures, seed=0):
    """A fresh model, trained for EPOCHS epochs with its progress printed; in eval mode."""
    model = fresh_model(seed)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    loader = batches(pictures, shuffle=True)
    for epoch in range(1, EPOCHS + 1):
        loss = train_epoch(model, loader, optimizer)
        print(f"epoch {epoch}  mean loss {loss:.3f}")
    return model.eval()


with lesson.reveal("prepare_for_transfer", "train_epoch", "accuracy"):
    test_batches = list(batches(test_set))
    print(f"before training: {accuracy(fresh_model(), test_batches):.0%} right")
    first_model = train(train_set)
    print(
        f"after training:  {accuracy(first_model, batches(train_set)):.0%} right on training pictures, "
        f"{accuracy(first_model, test_batches):.0%} on new animals"
    )

# %% [markdown]
# Before training the head guesses. It need not hit exactly half of 40 pictures: another seed makes another guess.
#
# Afterwards: not bad, for a minute and 64 pictures. The test animals are all new, and it does far better than a coin.
#
# ### Predict · may it go to work?
#
# The loss is small. The training pictures are right. New animals, too, are mostly right. Which of these shows that the model has learned what a hoof is?
#
# - **A** The accuracy on the training pictures.
# - **B** The accuracy on new animals.
# - **C** The small loss.
# - **D** None of them.

# %% nbgrader={"grade": false, "grade_id": "answer_q_before_the_look", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_before_the_look = "D"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_before_the_look", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_before_the_look", answer_q_before_the_look)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ## Now look
#
# The bundled set has exact masks: of the animal, and of one thing more. First ask Grad-CAM what speaks for **hooves**.


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_look", "locked": true, "schema_version": 3, "solution": false, "task": false}
def look(model, pictures, label=0, count=3):
    """Heatmaps of the first pictures with this label, each asked for that label's class."""
    layer = model.get_submodule(backbone.layer_names["gradcam_layer"])
    own = (pictures.labels == label).nonzero()[:count, 0]
    x = normalised(pictures.images[own], backbone.mean, backbone.std).to(lesson.device)
    heatmaps, _ = grad_cam_batch(model, layer, x, [label] * len(own))
    for i, heatmap in zip(own[:1], heatmaps[:1], strict=True):
        compare_classes(
            pictures.images[i],
            [heatmap],
            titles=[f"evidence for {CLASSES[label]}"],
            suptitle="What does it go by?",
            alt=f"A test picture of the class {CLASSES[label]} and its Grad-CAM heatmap.",
        )
    return own, heatmaps


with lesson.reveal("prepare_for_transfer", "train_epoch"):
    look(first_model, test_set)

# %% [markdown]
# Yours should look like this (here with EfficientNet-Lite0; another model gives another map):
#
# ![Expected output: a goat on brown land, a blue tag with a football at the lower left, and beside it the heatmap for hooves. The heat lies on the tag and next to it; the goat stays dark.](pictures/expected_look.webp)
#
# Where is the animal, and where is the heat? One picture is an anecdote. Measure it, over all of them.
#
# ### Task 4 · `mean_energy_inside` (4 points)
#
# The share of each heatmap that lies inside its mask, then the mean over the pictures. Each heatmap is asked for its picture's own label. A heatmap of
# zeros counts 0.0. `grad_cam` and `grad_cam_batch` are there, ready made: you built them in lesson 6.


# %% nbgrader={"grade": false, "grade_id": "mean_energy_inside", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mean_energy_inside(
    model: nn.Module, layer: nn.Module, images: torch.Tensor, masks: torch.Tensor, labels: list[int]
) -> float:
    """The mean share of the Grad-CAM energy inside each picture's mask (after Wang et al. 2020).

    model: in eval mode, parameters perhaps frozen. images: [N, 3, H, W]. masks: bool [N, H, W]. labels: N class
    indices, the classes that the heatmaps are asked for. An all-zero heatmap counts 0.0.
    """
    ### BEGIN SOLUTION
    heatmaps, _ = grad_cam_batch(model, layer, images, labels)
    inside = (heatmaps * masks.cpu()).sum(dim=(1, 2))
    everywhere = heatmaps.sum(dim=(1, 2))
    return float(torch.where(everywhere > 0, inside / everywhere.clamp(min=1e-12), 0.0).mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_mean_energy_inside", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(mean_energy_inside)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_verdict", "locked": true, "schema_version": 3, "solution": false, "task": false}
def verdict(model, pictures, label=0):
    """Energy over area, for the animal and for the tag, in the tagged pictures of one class."""
    own = (pictures.labels == label) & pictures.tags.any(dim=2).any(dim=1)
    x = normalised(pictures.images[own], backbone.mean, backbone.std).to(lesson.device)
    layer = model.get_submodule(backbone.layer_names["gradcam_layer"])
    ratios = {}
    for name, masks in (("animal", pictures.animals[own]), ("tag", pictures.tags[own])):
        energy = mean_energy_inside(model, layer, x, masks, [label] * len(x))
        area = float(masks.float().mean())
        ratios[name] = energy / area
        print(f"{name:6}  energy {energy:5.1%}   area {area:5.1%}   energy/area {energy / area:.2f}")
    return ratios


with lesson.reveal("prepare_for_transfer", "train_epoch", "mean_energy_inside"):
    before_repair = verdict(first_model, test_set)

# %% [markdown]
# A map without any preference has energy/area 1. The tag gets a multiple of that, and the animal less than its share. So we suspect **the tag**. All pictures of
# hooves bear a blue tag with a football; no picture of paws does. You may have seen it at once. Nobody looks at ten thousand pictures.
#
# This happens. In the much used PASCAL VOC pictures, about a fifth of the horses had a publisher's tag at the lower edge. A classifier went by it, for years, and nobody
# noticed until heatmaps were drawn (Lapuschkin et al. 2019).
#
# A heatmap says where, not why. So do the experiment: take the tag away, or put it on the other class.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_experiment", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("prepare_for_transfer", "train_epoch", "accuracy"):
    trials = {"tag on hooves, as trained": (1, 0), "no tag at all": (0, 0), "tag on paws": (0, 1)}
    trial_sets = {name: tagged_animals(40, shares, seed=0, split="test") for name, shares in trials.items()}
    for name, pictures in trial_sets.items():
        print(f"{name:26} {accuracy(first_model, batches(pictures)):4.0%} right")

# %% [markdown]
# The same animals, the same land; the tag alone was changed. **The model reads the tag.**
#
# ## Repair
#
# Best would be pictures without tags. But often the pictures are what they are. Then make the shortcut useless: put the tag on **half of both classes**. It says nothing about the class any more.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_repair", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("prepare_for_transfer", "train_epoch", "accuracy", "mean_energy_inside"):
    repaired_model = train(tagged_animals(64, (0.5, 0.5), seed=0))
    look(repaired_model, test_set)
    after_repair = verdict(repaired_model, test_set)
    for name, pictures in trial_sets.items():
        print(f"{name:26} {accuracy(repaired_model, batches(pictures)):4.0%} right")
    print(
        f"the tag's energy/area: {before_repair['tag']:.1f} before, {after_repair['tag']:.1f} after the repair"
    )

# %% [markdown]
# One training run is an anecdote, too. `python -m benchmarks.tag --seeds 3` repeats both with other animals and other heads; with
# EfficientNet-Lite0 the medians over three seeds are:
#
# | model | tag on hooves | no tag | tag on paws | energy/area on the tag | on the animal |
# |---|---|---|---|---|---|
# | tagged | 82 % | 55 % | 22 % | 6.4 | 0.3 |
# | repaired | 62 % | 65 % | 65 % | 0.2 | 2.9 |
#
# The repaired model is *worse* on the first test, and yet the better model: its number says what it knows of animals. Most of the 82 % were for the tag.
#
# ## Save it, and not as a pickle
#
# `torch.save(model)` writes a **pickle**: to open one can run whatever code its author put in. We write two files instead: the numbers as safetensors, the names as JSON.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_save", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("prepare_for_transfer", "train_epoch", "accuracy"):
    weights_file, card_file = save_model("my_model", repaired_model, CLASSES, backbone.name)
    again = fresh_model(seed=1)
    names = load_model("my_model", again)
    same = accuracy(again, test_batches) == accuracy(repaired_model, test_batches)
    print(
        f"{weights_file.name}: {weights_file.stat().st_size / 1e6:.1f} MB; {card_file.name}: classes {', '.join(names)}"
    )
    print(f"loaded again, the same accuracy: {same}")

# %% [markdown]
# ## Stretch: your own pictures (not graded)
#
# Make a folder with one folder for each class, at least four pictures in each, and give its name below. In Colab, drag the folder into the file browser on the left. What is wrong with a
# folder is said in one line. Without a folder of your own, the cell takes two classes of bundled animals.
#
# There are no masks for your own pictures. Then your eyes are the mask: where does the heat lie, and what lies there in *all* pictures of one class?

# %% nbgrader={"grade": false, "grade_id": "stretch_own", "locked": false, "schema_version": 3, "solution": true, "task": false}
my_folder = None  # for example "my_pictures"
with lesson.reveal("prepare_for_transfer", "train_epoch", "accuracy"):
    ### BEGIN SOLUTION
    if my_folder is None:
        my_folder = Path("example_pictures")
        for name, cutouts in zip(CLASSES, ANIMALS, strict=True):
            (my_folder / name).mkdir(parents=True, exist_ok=True)
            for cutout in cutouts[:8]:
                paste(make_background(NEUTRAL, 192), [Placement(cutout, scale=0.8)]).image.save(
                    my_folder / name / f"{cutout}.png"
                )
    pictures = read_folder(my_folder)
    own_train, own_test = split_pictures(pictures)
    torch.manual_seed(0)
    own_model = prepare_for_transfer(copy.deepcopy(backbone.model), head_name, len(pictures.classes))
    optimizer = torch.optim.Adam([p for p in own_model.parameters() if p.requires_grad], lr=5e-3)
    for _ in range(5):
        train_epoch(own_model, batches(own_train, shuffle=True), optimizer)
    own_model.eval()
    print(f"{len(own_test)} test pictures, {accuracy(own_model, batches(own_test)):.0%} right")
    x = normalised(own_test.images[:1], backbone.mean, backbone.std).to(lesson.device)
    heatmap, index = grad_cam(own_model, own_model.get_submodule(backbone.layer_names["gradcam_layer"]), x)
    compare_classes(
        own_test.images[0],
        [heatmap],
        titles=[f"evidence for {pictures.classes[index]}"],
        suptitle="A model of your own: where does it look?",
        alt="A picture of the test set and its heatmap for the predicted class.",
    )
    ### END SOLUTION

# %% [markdown]
# ## A model card (2 points, read by a person)
#
# Whoever uses a model has to know what it is good for. Write a short **model card** for the *first* model or for the repaired one (Mitchell et al. 2019). Four to eight lines: what it was
# trained on; what it is for, and what it is not for; how well it does, on which test; what it goes by, with the number that shows it; what you would not trust it with.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# **Model:** hooves or paws, repaired version. **Trained on** 64 pictures: cut-out mammals, small, on drawn land; half of either class bears a blue tag. Pretrained features, frozen; a new linear head.
# **For:** a lesson on shortcuts. **Not for** photographs, for herds, or for any decision about animals.
# **How well:** measured on 40 pictures of animals that it had not met, with the tag on one class, on none, and on the other; the three numbers are close together, and well below 100 %.
# **What it goes by:** Grad-CAM's energy on the tag is below its share of the area, on the animal about twice its share or more. The first version had five times and more on the tag.
# **I would not trust it** with animals on other backgrounds: all land in training was drawn, and I have not tested others.
#
# ### BEGIN MARK SCHEME
# - 1 point: says what it was trained on, what it is for and not for, and gives an accuracy together with the test it comes from.
# - 1 point: says what the model goes by, with a number from heatmaps and masks or from moving the tag, and names a limit that follows from the data.
# - Half points are possible. Language and length do not count.
# ### END MARK SCHEME

# %% [markdown]
# ## What each instrument answers
#
# | instrument | its question | its limit |
# |---|---|---|
# | loss, accuracy on training pictures | Did it learn the labels? | by whatever means |
# | accuracy on new pictures | Does it work on data like these? | shares the data's shortcuts |
# | Grad-CAM beside the picture | Where is the evidence, here? | one picture; where, not why |
# | energy inside masks, over area | Where is it, over all pictures? | needs masks |
# | moving the tag | Does the model need it? | one suspicion at a time |
# | a model card | What may others expect of it? | as honest as its author |
#
# **Misconceptions met:** *new test pictures prove that it learned the object* (they carry the same tag) · *frozen parameters mean a frozen layer* (BatchNorm's statistics move).
#
# **Next:** [lesson 9, *What is close to what?*](../09_embeddings/embeddings.ipynb). The features that you kept frozen, as a map of pictures.
#
# **Sources.** Lapuschkin et al., *Unmasking Clever Hans predictors and assessing what machines really learn*, Nature Communications 2019. ·
# Selvaraju et al., *Grad-CAM*, ICCV 2017. · Wang et al., *Score-CAM*, CVPR workshops 2020 (energy inside a mask). ·
# Ioffe and Szegedy, *Batch Normalization*, ICML 2015. · Mitchell et al., *Model Cards for Model Reporting*, FAT* 2019.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.progress()

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_hand_in", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.hand_in()
