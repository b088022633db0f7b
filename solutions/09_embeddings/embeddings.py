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
# # 9 · What is close to what?
# <!-- COLAB BADGE -->
#
# A network that names a thousand classes has learned more than a thousand names. Just before its last layer, each picture is a row of numbers: a point in a
# space with hundreds of dimensions. In this lesson you take these points as coordinates. You find out **what lies close to what**, and whether it also holds for things that the
# network was never taught.
#
# **After this lesson you can**
#
# - turn pictures into embeddings with any CNN, and compare them by cosine similarity;
# - compute a PCA by hand, and say what a flat map of a high-dimensional space can show;
# - read a t-SNE map without being fooled by it;
# - measure with one number, beside chance, whether features carry over to new classes.
#
# **You need:** hooks (lesson 3), cosine similarity (lesson 2), transfer learning (lesson 8). **Time:** about 25 minutes.
# **Points:** 15 for four tasks, 3 for three questions, 2 for the reflection.
#
# Run the cells from top to bottom. A cell with TODO is yours; the cell below it checks your work, as often as you like.
# Stuck? `lesson.hint("embed")` gives a hint, and the next call a stronger one.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("09_embeddings")

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import copy

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageOps
from torch import nn

from course_utils.composites import NEUTRAL, Placement, make_background, paste
from course_utils.display import show_pictures
from course_utils.images import list_pictures, load_picture, on_white, picture_info

# %% [markdown]
# ## A picture becomes a point
#
# In lesson 8 you replaced a network's head and kept the rest. The rest is what we use now: run a picture through the network, keep the last feature maps, and
# average each over space. ResNet-18 gives 512 numbers, one for each channel: *how much of this was found, anywhere in the picture*. That row is the picture's
# **embedding**.
#
# ![Schematic. Three pictures, two flowers and a planet, go through a network whose head is cut off. Its last maps are averaged over space to one column of numbers, the embedding. As points in a space, the two flowers lie in nearly the same direction, the planet in another.](pictures/features_as_coordinates.svg)
#
# How alike are two embeddings $a$ and $b$? We compare their directions, by the cosine similarity of lesson 2:
#
# $$\cos(a, b) = \frac{a \cdot b}{\lVert a \rVert\, \lVert b \rVert}$$
#
# It is 1 for the same direction, 0 for nothing in common. The length drops out, because it mostly says how strongly the whole network responded. If all rows have length 1, the cosine is
# a plain dot product.
#
# ### By hand, once
#
# Two channels of 2×2 cells: the first map is (6, 2) over (0, 4), the second (4, 4) over (8, 0). Their means are 3 and 4. The length of (3, 4) is $\sqrt{9 + 16} = 5$. The embedding is **(0.6, 0.8)**.
# Another picture has the embedding (1, 0): nothing but the first channel. The cosine of the two is $0.6\cdot 1 + 0.8\cdot 0 = 0.6$.
#
# ### Task 1 · `embed` (4 points)
#
# Catch the layer's output, average it over space, and give each row length 1. A row of zeros has no direction: it stays zero. Remove your hook even when the forward pass fails.


# %% nbgrader={"grade": false, "grade_id": "embed", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embed(model: nn.Module, layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """One row for each picture: the layer's output averaged over space, scaled to length 1.

    model: in eval mode. layer: a module inside it whose output is [N, C, h, w]. x: [N, 3, H, W].
    Returns [N, C]; a row of zeros stays zero.
    """
    ### BEGIN SOLUTION
    kept = {}

    def keep(module, inputs, output):
        kept["pooled"] = output.mean(dim=(2, 3))

    handle = layer.register_forward_hook(keep)
    try:
        with torch.no_grad():
            model(x)
    finally:
        handle.remove()
    lengths = kept["pooled"].norm(dim=1, keepdim=True)
    return (kept["pooled"] / lengths.clamp(min=1e-12)).cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_embed", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(embed)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### The pictures
#
# The course brings cut-outs, all pasted on the same plain grey, so that no background gives anything away. We take six **kinds**, chosen by what they are. Not one of these pictures shows
# one of ImageNet's 1000 classes: ImageNet has no rose, no wrench, no planet (we count the moon among them). For some it has relatives: other birds, other fish, a ram. Keep that in mind.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_kinds", "locked": true, "schema_version": 3, "solution": false, "task": false}
backbone = lesson.backbone  # ResNet-18, or what stands in for it: the line below says which one is in use

KINDS = {
    "flower": "anemone daffodil iris marigold pigface gazania rose petunia",
    "tool": "pliers saw wrench plumbers_wrench tape_measure",
    "planet": "moon earth mars jupiter saturn",
    "bird": "blackbird crow cuckoo lark australian_magpie pigeon quetzal adelaide_rosella guineafowl",
    "hoofed": "caribou deer doe wapiti young_gnu young_gnu_grazing gnu_lying gnu goat chamois sheep lamb yak",
    "fish": "blue_groper butterflyfish coral_trout dolphinfish seahorse",
}
# One colour a kind, from a palette that colour-blind readers can tell apart (Okabe and Ito 2008).
COLOURS = dict(zip(KINDS, ("#cc79a7", "#0072b2", "#000000", "#56b4e9", "#d55e00", "#009e73"), strict=True))
names = [name for members in KINDS.values() for name in members.split()]
kind_of = {name: kind for kind, members in KINDS.items() for name in members.split()}
kinds = torch.tensor([list(KINDS).index(kind_of[name]) for name in names])
print("with an ImageNet class of their own:", sum(bool(picture_info(name).classes) for name in names))


def as_picture(name: str) -> Image.Image:
    """A photograph as it is, a cut-out on grey."""
    if picture_info(name).kind == "photograph":
        return load_picture(name)
    return paste(make_background(NEUTRAL, 256), [Placement(name, scale=0.8)]).image


def embed_all(model: nn.Module, layer: nn.Module, wanted: list[str], size: int = 16) -> torch.Tensor:
    """The embeddings of many pictures, a few at a time to save memory."""
    parts = []
    for start in range(0, len(wanted), size):
        batch = torch.cat([backbone.preprocess(as_picture(name)) for name in wanted[start : start + size]])
        parts.append(embed(model, layer, batch.to(lesson.device)))
    return torch.cat(parts)


with lesson.reveal("embed"):
    features = embed_all(backbone.model, backbone.late, names)
    print(f"{len(names)} pictures, each a row of {features.shape[1]} numbers")
    shown = [members.split()[i] for members in KINDS.values() for i in (0, 1)]
    show_pictures(
        [as_picture(name) for name in shown],
        titles=[f"{kind_of[name]}: {name}".replace("_", " ") for name in shown],
        columns=6,
        panel=1.5,
        suptitle="Six kinds, on the same grey: what will lie close to what?",
        alt="Two examples of each of six kinds on grey: flowers, tools, planets, birds, hoofed animals and fish.",
    )

# %% [markdown]
# ## PCA: the flattest honest shadow
#
# Nobody can look at 512 dimensions. **Principal component analysis** (Pearson 1901) turns the cloud of points so that its *widest* side faces you, and drops the rest. It is a projection, a
# shadow: distances can only shrink in it, never grow.
#
# 1. Subtract the mean of each column: the cloud now lies around 0.
# 2. Find the direction along which the points spread most, then the widest one at right angles to it. `torch.linalg.svd` of the centred table gives them, sorted.
# 3. Project: the dot product of each centred row with the two directions.
#
# **By hand, once.** Three points: (1, 2), (4, 6), (7, 10). The mean is (4, 6), the centred points are (−3, −4), (0, 0), (3, 4). All lie along the direction (0.6, 0.8). Their coordinates on it are
# $-3\cdot 0.6 - 4\cdot 0.8 = -5$, then 0 and 5. Across it they do not spread at all: the second column is 0. A direction may point either way, so (5, 0, −5) is as right.
#
# ### Task 2 · `pca_2d` (4 points)


# %% nbgrader={"grade": false, "grade_id": "pca_2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pca_2d(embeddings: torch.Tensor) -> torch.Tensor:
    """The rows, centred, on their two directions of largest variance (Pearson 1901).

    embeddings: [N, D], N at least 3, D at least 2. Returns [N, 2], the larger variance first; each column's sign is free.
    """
    ### BEGIN SOLUTION
    centred = embeddings - embeddings.mean(dim=0)
    directions = torch.linalg.svd(centred, full_matrices=False).Vh
    return (centred @ directions[:2].T).detach().cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_pca_2d", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(pca_2d)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_pca", "locked": true, "schema_version": 3, "solution": false, "task": false}


def thumbnail(name: str, side: int = 36) -> Image.Image:
    """A small picture with a frame in its kind's colour."""
    small = ImageOps.pad(on_white(load_picture(name)), (side, side), color="white")
    return ImageOps.expand(small, border=3, fill=COLOURS[kind_of[name]])


def picture_map(points: torch.Tensor | np.ndarray, side: int = 560, small: int = 36) -> Image.Image:
    """Thumbnails at the given places [N, 2], both axes on one scale."""
    points = np.asarray(points, dtype=float)
    low, width = points.min(axis=0), np.ptp(points, axis=0).max() or 1.0
    places = (points - low + (width - np.ptp(points, axis=0)) / 2) / width * (side - small - 8)
    canvas = Image.new("RGB", (side, side), "white")
    for name, (across, up) in zip(names, places, strict=True):
        canvas.paste(thumbnail(name, small), (round(across), round(side - small - 7 - up)))
    return canvas


LEGEND = "Frames: flower pink, tool blue, planet black, bird light blue, hoofed animal orange, fish green."

with lesson.reveal("embed", "pca_2d"):
    flat = pca_2d(features)
    centred = features - features.mean(dim=0)
    kept = (flat**2).sum(dim=0) / (centred**2).sum()
    show_pictures(
        [picture_map(flat)],
        titles=[f"first direction → ({kept[0]:.0%} of the variance); second direction ↑ ({kept[1]:.0%})"],
        suptitle="PCA: kinds fall together, though no kind was asked for",
        panel=6.5,
        alt="A map of 45 thumbnails by PCA, with frames in the colour of their kind. " + LEGEND,
    )
    print(LEGEND)
    print(f"two of {features.shape[1]} directions hold {float(kept.sum()):.0%} of the variance")

# %% [markdown]
# With EfficientNet-Lite0 it looks like this (yours may be mirrored: a direction may point either way). Nobody told the map about kinds: it was made from the numbers alone.
#
# ![Expected output: thumbnails by PCA. Flowers lie at the upper left, hoofed animals at the upper right, birds at the bottom; tools, planets and fish lie in the middle, partly on top of one another.](pictures/expected_pca.webp)
#
# The map holds only part of the variance. What overlaps in the shadow may be far apart in the room. So two points that lie *apart* in a PCA map are apart; two that lie *together* may not be close at all.
#
# ## t-SNE: a map of neighbourhoods
#
# **t-SNE** (van der Maaten and Hinton 2008) gives up the shadow. It moves points about on the plane until each has, as far as possible, the same close neighbours as in the full space. It bends, tears and
# stretches for that. How many neighbours count as close is a setting, the **perplexity**: roughly, the number of neighbours that each point tries to keep.
#
# ### Predict · what may you read off a t-SNE map?
#
# A t-SNE map shows three islands. The first two are close together, the third is far away, and the second is twice as large as the first. What follows?
#
# - **A** The third group is the most different from the others.
# - **B** The second group has the largest spread.
# - **C** Points within an island tend to be neighbours in the full space. Little more.
# - **D** The data consist of three classes.

# %% nbgrader={"grade": false, "grade_id": "answer_q_map", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_map = "C"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_map", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_map", answer_q_map)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS


# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_tsne", "locked": true, "schema_version": 3, "solution": false, "task": false}
def tsne(rows: torch.Tensor, perplexity: float) -> np.ndarray:
    """The plane [N, 2] on which t-SNE lays the rows out."""
    from sklearn.manifold import TSNE  # ready in Colab; elsewhere: pip install scikit-learn

    return TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(rows.numpy())


def neighbours_kept(rows: torch.Tensor, points: torch.Tensor | np.ndarray, k: int = 3) -> float:
    """Share of each row's k closest rows that are among the k closest points on the map, too."""
    lists = []
    for table in (rows.float(), torch.as_tensor(points).float()):
        lists.append(torch.cdist(table, table).fill_diagonal_(torch.inf).topk(k, largest=False).indices)
    return float((lists[0][:, :, None] == lists[1][:, None]).any(dim=2).float().mean())


with lesson.reveal("embed", "pca_2d"):
    laid_out = {perplexity: tsne(features, perplexity) for perplexity in (2, 8, 20)}
    show_pictures(
        [picture_map(laid_out[8])],
        titles=["t-SNE with perplexity 8; its axes have no meaning"],
        suptitle="t-SNE: neighbours next to each other",
        panel=6.5,
        alt="A map of 45 thumbnails by t-SNE: most kinds form islands of their own. " + LEGEND,
    )
    print("share of the 3 nearest neighbours that each map keeps")
    print(f"  PCA                  {neighbours_kept(features, pca_2d(features)):.0%}")
    for perplexity, points in laid_out.items():
        print(f"  t-SNE, perplexity {perplexity:2} {neighbours_kept(features, points):.0%}")

# %% [markdown]
# With EfficientNet-Lite0, PCA keeps 41 % of the neighbours, t-SNE with perplexity 8 keeps 69 %. Look for the *seahorse*: among the hoofed animals. Perhaps its horse's head draws it there.
#
# **The same data, another perplexity, another map.** In the next figure, the last panel is a warning: it holds random numbers, without any structure.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_perplexity", "locked": true, "schema_version": 3, "solution": false, "task": false}


def dot_map(points: np.ndarray, colours: list[str], side: int = 260) -> Image.Image:
    """Coloured dots at the given places [N, 2]."""
    places = (points - points.min(axis=0)) / np.ptp(points, axis=0) * (side - 24) + 12
    canvas = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((0, 0, side - 1, side - 1), outline="#888888")
    for (across, up), colour in zip(places, colours, strict=True):
        pen.ellipse((across - 5, side - up - 5, across + 5, side - up + 5), fill=colour)
    return canvas


with lesson.reveal("embed"):
    frames = [COLOURS[kind_of[name]] for name in names]
    noise = torch.randn(120, 50, generator=torch.Generator().manual_seed(0))
    show_pictures(
        [
            *(dot_map(points, frames) for points in laid_out.values()),
            dot_map(tsne(noise, 2), ["#555555"] * 120),
        ],
        titles=["the pictures, perplexity 2", "perplexity 8", "perplexity 20", "pure noise, perplexity 2"],
        suptitle="Islands come and go with the perplexity, even in noise",
        panel=2.6,
        alt="Four t-SNE maps as dots. The 45 pictures with perplexity 2: tight clumps, and a few points far away. "
        "With 8: islands by kind. "
        "With 20: looser islands in other places. Last, 120 rows of pure noise with perplexity 2: they form clumps, too.",
    )

# %% [markdown]
# **How to read a t-SNE map.** Try several perplexities, between about 5 and 50 and always below the number of points. Believe only what all of them show. Read no distances between islands, no sizes, no axes.
# And never measure on the map: measure in the full space. That is what we do next.
#
# ## Nearest neighbours: ask the space itself
#
# ### Predict · which one is nearest?
#
# The query is (1, 2). By **cosine similarity**, which row of this gallery is nearest to it?
#
# - **A** (2, 2)
# - **B** (5, 10)
# - **C** (0.5, 0.75)
# - **D** (−1, −2)

# %% nbgrader={"grade": false, "grade_id": "answer_q_cosine", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_cosine = "B"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_cosine", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_cosine", answer_q_cosine)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 3 · `nearest_neighbours` (3 points)
#
# The positions of the `k` most similar rows, the best first. The rows that come in need not have length 1. Leave nothing out: the query is no part of the gallery, unless somebody put it there.


# %% nbgrader={"grade": false, "grade_id": "nearest_neighbours", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nearest_neighbours(query: torch.Tensor, gallery: torch.Tensor, k: int) -> torch.Tensor:
    """The k rows of the gallery with the largest cosine similarity to the query.

    query: [D]. gallery: [N, D]. k: at most N. Returns a LongTensor [k] of row numbers, the best first.
    """
    ### BEGIN SOLUTION
    similarities = F.normalize(gallery, dim=1) @ F.normalize(query, dim=0)
    return similarities.topk(k).indices.cpu()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_nearest_neighbours", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
lesson.check(nearest_neighbours)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# Now let pictures look for their like. The gallery holds our six kinds, and all the other birds and space pictures of the course. The queries are three cut-outs, and three *photographs*, with backgrounds and all.

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_retrieval", "locked": true, "schema_version": 3, "solution": false, "task": false}
with lesson.reveal("embed", "nearest_neighbours"):
    birds = [*list_pictures("cutout", "waterbird"), *list_pictures("cutout", "landbird")]
    more = [n for n in [*birds, *list_pictures("cutout", "space")] if n not in kind_of]
    photographs = ["flower", "astronaut", "retina"]
    asked = embed_all(backbone.model, backbone.late, more + photographs)
    gallery_names, gallery = names + more, torch.cat([features, asked[: len(more)]])
    queries = {"rose": features[names.index("rose")], "wrench": features[names.index("wrench")]}
    queries["saturn"] = features[names.index("saturn")]
    queries |= dict(zip(photographs, asked[len(more) :], strict=True))
    panels, titles = [], []
    for asking, row in queries.items():
        found = nearest_neighbours(row, gallery, 5).tolist()
        found = [i for i in found if gallery_names[i] != asking][:4]  # a picture is its own best match
        panels += [as_picture(asking), *(as_picture(gallery_names[i]) for i in found)]
        titles.append(f"query: {asking}")
        titles += [f"{gallery_names[i]} {float(row @ gallery[i]):.2f}".replace("_", " ") for i in found]
    show_pictures(
        [ImageOps.fit(panel, (128, 128)) for panel in panels],
        titles=titles,
        columns=5,
        panel=1.6,
        suptitle="Left the query, then its four nearest neighbours with their cosines",
        alt="Six rows of five pictures: a query and its four nearest neighbours. " + "; ".join(titles) + ".",
    )

# %% [markdown]
# Here is what EfficientNet-Lite0 finds:
#
# ![Expected output: six rows of a query and four neighbours. A rose finds flowers, a wrench finds tools. Saturn finds an iris, a king penguin, Jupiter and a pair of pliers. The photograph of a flower finds flowers, the astronaut a floating astronaut, the retina Mars, Jupiter, the earth and the moon.](pictures/expected_neighbours.webp)
#
# Some of it is striking: a portrait of an astronaut finds a floating astronaut cut out on grey. Some of it is revealing. *Saturn*, a tilted ring, finds an iris and a king penguin before it finds Jupiter. The photograph of a *retina* finds *Mars*: round, reddish, mottled. **Close means alike to this network**, in whatever helped to
# tell its 1000 classes apart. It does not mean the same kind of thing.
#
# ## One number: does it carry over to new classes?
#
# Pictures of neighbours convince at first sight, as heatmaps do. So measure. For every item, look at its `k` nearest *others*: which share has the same label? The mean of these shares is the **retrieval precision**. Put it beside chance:
# the share that a random other item has the same label.
#
# ### Predict · six kinds that the network has no name for
#
# None of our six kinds is among the network's 1000 classes. By chance, 17 % of an item's neighbours are of its kind. What will the retrieval precision with `k=3` be?
#
# - **A** About 17 %: without an output for them, the kinds cannot be told apart.
# - **B** 100 %: good features separate everything.
# - **C** Below 17 %: each picture is pulled to the nearest class that the network knows.
# - **D** Well above 17 %, and below 100 %.

# %% nbgrader={"grade": false, "grade_id": "answer_q_unseen", "locked": false, "schema_version": 3, "solution": true, "task": false}
answer_q_unseen = "D"  # one of "A", "B", "C", "D"

# %% nbgrader={"grade": true, "grade_id": "test_q_unseen", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
lesson.answer("q_unseen", answer_q_unseen)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# ### Task 4 · `retrieval_precision` (4 points)
#
# Mind one trap. Each item is most similar to *itself*, and that must not count. Leave it out by its position. Throwing away the best match, or everything with a cosine of 1, goes wrong as soon as two items are exact twins: a twin is a neighbour like any other.


# %% nbgrader={"grade": false, "grade_id": "retrieval_precision", "locked": false, "schema_version": 3, "solution": true, "task": false}
def retrieval_precision(embeddings: torch.Tensor, labels: torch.Tensor, k: int) -> float:
    """The mean share of same-label items among each item's k nearest others, by cosine similarity.

    embeddings: [N, D], rows of any length. labels: integers [N]. k: at most N - 1. Returns a float in [0, 1].
    """
    ### BEGIN SOLUTION
    rows = F.normalize(embeddings, dim=1)
    similarities = (rows @ rows.T).fill_diagonal_(-torch.inf)
    neighbours = similarities.topk(k, dim=1).indices
    return float((labels[neighbours] == labels[:, None]).float().mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_retrieval_precision", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
lesson.check(retrieval_precision)
### BEGIN HIDDEN TESTS
raise RuntimeError("Not marked: mark with this course's nbgrader_config.py (autograder grade).")
### END HIDDEN TESTS

# %% [markdown]
# A number needs rivals. The first is the picture itself, shrunk to 8×8 coloured squares: does colour alone do it? The second is the same network with **random weights**: does training matter at all?

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_transfer", "locked": true, "schema_version": 3, "solution": false, "task": false}


def chance(labels: torch.Tensor) -> float:
    """The probability that another item, drawn blindly, has the same label."""
    counts = torch.bincount(labels).double()
    return float((counts * (counts - 1)).sum() / (len(labels) * (len(labels) - 1)))


with lesson.reveal("embed", "retrieval_precision"):
    torch.manual_seed(0)
    untrained = copy.deepcopy(backbone.model)
    for module in untrained.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    random_features = embed_all(untrained, untrained.get_submodule(backbone.layer_names["late"]), names)
    squares = [np.asarray(as_picture(name).resize((8, 8), Image.Resampling.BOX)) for name in names]
    colours = torch.from_numpy(np.stack(squares)).flatten(1).float() - 110
    print("retrieval precision for the six kinds    k=1    k=3    k=5")
    rows = {"trained features": features, "random weights": random_features, "8×8 coloured squares": colours}
    for title, table in rows.items():
        print(f"{title:38}" + "".join(f"{retrieval_precision(table, kinds, k):7.0%}" for k in (1, 3, 5)))
    print(f"{'chance':38}" + f"{chance(kinds):7.0%}" * 3)

    print("\nthe same for each kind, k=3                 trained   chance")
    near = (features @ features.T).fill_diagonal_(-2).topk(3).indices
    for number, kind in enumerate(KINDS):
        own = kinds == number
        hits = (kinds[near[own]] == number).float().mean()
        print(f"  {kind:41} {float(hits):6.0%} {float((own.sum() - 1) / (len(kinds) - 1)):8.0%}")

    names_w = [name for name in gallery_names if picture_info(name).group in ("waterbird", "landbird")]
    rows_w = gallery[[gallery_names.index(name) for name in names_w]]
    water = torch.tensor([int(picture_info(name).group == "waterbird") for name in names_w])
    new = torch.tensor([not picture_info(name).classes for name in names_w])
    print("\nwaterbird or landbird, k=3                  trained   chance")
    for title, which in (("all birds", new | ~new), ("species that are no ImageNet class", new)):
        share = retrieval_precision(rows_w[which], water[which], 3)
        print(f"  {title:41} {share:6.0%} {chance(water[which]):8.0%}")

# %% [markdown]
# With EfficientNet-Lite0, 88 % of the three nearest neighbours are of the same kind. Random weights reach 39 % and coloured squares 34 %; chance is 17 %. So **the features carry over** to kinds that the network never had a name for (as Razavian et al. found in 2014, on
# far larger sets). And random weights beat chance, because even random filters keep something of colour and shape: without that row, 88 % would be hard to judge.
#
# Now the limits, in the same tables. *Fish* do poorly: a flat butterflyfish and an upright seahorse have little in common but the word. And *waterbird or landbird*, for species that are no class, is hardly better than chance. Where a bird lives is a human grouping, and it is not written on the bird.
# (Remember lesson 7: a network asked for it looked at the water.)
#
# ### A misconception: "what the network sees as close is close"
#
# There is no closeness as such. An embedding keeps what its training needed and drops what it did not. Ask about that, and it fails silently: it always returns *some* nearest neighbour.
#
# ## Stretch: which layer carries over? (not graded)
#
# Lesson 4 showed early, middle and late maps. Measure the retrieval precision of the six kinds for `backbone.early`, `backbone.middle` and `backbone.late`. What do neighbours in the early layer have in common? Your own pictures work as well: `upload()` and `from_url(...)` in `course_utils.images`.

# %% nbgrader={"grade": false, "grade_id": "stretch_layers", "locked": false, "schema_version": 3, "solution": true, "task": false}
# The retrieval precision of three layers.
with lesson.reveal():
    ### BEGIN SOLUTION
    for depth, layer in (("early", backbone.early), ("middle", backbone.middle), ("late", backbone.late)):
        table = features if depth == "late" else embed_all(backbone.model, layer, names)
        print(f"{depth:7} {table.shape[1]:5} channels: {retrieval_precision(table, kinds, 3):.0%}")
    ### END SOLUTION

# %% [markdown]
# ## Reflection (2 points, read by a person)
#
# A colleague has embedded 500 skin photographs from two hospitals. Her t-SNE map shows two clean islands. She says: *"The network has discovered two types of the disease."*
#
# Write four to six sentences. What else could the islands be? Which number would you compute, with which labels, and which result would make you believe her?

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflection", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# The islands could be the two hospitals: another camera, another light, a ruler in the picture. They could also depend on the perplexity, since t-SNE makes clumps even out of noise; I would look at several perplexities first.
# Then I would leave the map and compute the retrieval precision in the full space, once with the hospital as label and once with a diagnosis that doctors made without the network, each beside its chance.
# If the hospital explains the neighbours, the network has found the cameras. I would begin to believe her if, within each hospital alone, neighbours shared the diagnosis far more often than by chance, and features from random weights did not do as well.
#
# ### BEGIN MARK SCHEME
# - 1 point: names another cause of the islands (hospital, camera, light, background) or says what a t-SNE map cannot show (dependence on perplexity, clumps in noise, distances and sizes).
# - 1 point: names a measurement in the full space with fitting labels (retrieval precision by hospital against diagnosis, within one hospital, beside chance or random weights) and a result that would count for or against the claim.
# - Half points are possible. Language and length do not count.
# ### END MARK SCHEME

# %% [markdown]
# ## What each instrument answers
#
# | instrument | its question | its limit |
# |---|---|---|
# | **embedding** | What has this layer found in the picture, all in all? | where it was found is averaged away |
# | **PCA** | How do the points lie, seen from the widest side? | a shadow: what overlaps may be far apart |
# | **t-SNE** | Who are a point's neighbours? | no distances, no sizes, no axes; depends on the perplexity |
# | **nearest neighbours** | What is alike to this network? | there is always a nearest one |
# | **retrieval precision** | Do the features know this grouping? | needs labels, and chance beside it |
#
# And the whole course in five questions:
#
# | question | instruments | lesson |
# |---|---|---|
# | What does a layer look for? | filters | 2 |
# | What did it find here? | activation maps | 1, 3, 4 |
# | What mattered for this answer? | saliency, occlusion, Grad-CAM | 5, 6 |
# | Was it the right reason? | masks, swapped backgrounds, groups | 7, 8 |
# | What is alike to the network? | embeddings | 9 |
#
# Each answers its own question, and none of them answers another's. Looking is a way to debug: take it instead of trust.
#
# **Next:** this is the last lesson. Go back to [lesson 8, *Train your own, then check what it learned*](../08_fine_tune/fine_tune.ipynb), with pictures of your own, and look at your model's embeddings before and after training. Do you work with Keras? The [appendix](../keras_tour/keras_tour.ipynb) shows the same instruments there.
#
# **Sources.** Pearson, *On Lines and Planes of Closest Fit to Systems of Points in Space*, Philosophical Magazine 1901. · van der Maaten and Hinton, *Visualizing Data using t-SNE*, JMLR 2008. ·
# Wattenberg, Viégas and Johnson, *How to Use t-SNE Effectively*, Distill 2016. · Razavian et al., *CNN Features off-the-shelf: an Astounding Baseline for Recognition*, CVPR workshop 2014. ·
# Yosinski et al., *How Transferable Are Features in Deep Neural Networks?*, NeurIPS 2014. **Further reading:** UMAP, and embeddings that are trained for retrieval (contrastive learning).

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_progress", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.progress()

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_hand_in", "locked": true, "schema_version": 3, "solution": false, "task": false}
lesson.hand_in()
