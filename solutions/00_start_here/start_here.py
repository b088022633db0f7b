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
# # Start here · a map of the course
# <!-- COLAB BADGE -->
#
# Nine lessons about one question: **what has a network learned, and how can you find out?** This page shows where each lesson belongs, checks that your set-up works, and says how checks and hints work. Nothing here is graded.
#
# **You need:** Python, and a first idea of what a neural network is. **Time:** five minutes for this page, 20 to 30 for each lesson.
#
# ![The course on one page. A picture goes through the layers of a network and its head to an answer. Above the first layer: what does it look for, filters, lesson 2. Above the later layers: what did it find here, activation maps, lessons 1, 3 and 4. Above the head: what mattered for this answer, saliency, occlusion and Grad-CAM, lessons 5 and 6. Below: was it the right reason, masks and swapped backgrounds, lessons 7 and 8; what is alike to the network, embeddings, lesson 9.](pictures/course_map.svg)
#
# ## Does everything work?
#
# Run the next two cells: click into a cell, press Shift and Enter together, and go on.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# SETUP
from course_utils import open_lesson

lesson = open_lesson("00_start_here")

# %% tags=["show"] nbgrader={"grade": false, "grade_id": "show_setup_works", "locked": true, "schema_version": 3, "solution": false, "task": false}
from course_utils.display import show_pictures
from course_utils.images import load_picture

cat = load_picture("cat")
show_pictures(
    [cat],
    suptitle="The picture that the course begins with",
    alt="A ginger tabby cat looking into the camera.",
)
for index, label, probability in lesson.backbone.predict(lesson.backbone.preprocess(cat), k=3):
    print(f"{probability:6.1%}  {label}  (class {index})")

# %% [markdown]
# You see a cat and three guesses with their probabilities? Then everything works. The line above the guesses says which network is in use. The lessons speak of ResNet-18. Where its weights cannot be downloaded, another network stands in; every lesson works with it, with other numbers.
#
# ## Which instrument answers which question
#
# | your question | instrument | lesson |
# |---|---|---|
# | How does a picture get into a network, and what does a convolution do to it? | tensors, one convolution by hand | [1 · From image to activations](../01_image_to_activations/image_to_activations.ipynb) |
# | What does this layer look for? | filters as pictures | [2 · Filters](../02_filters/filters.ipynb) |
# | How do I get at what is computed inside? | hooks | [3 · A sensor on a layer](../03_hooks/hooks.ipynb) |
# | What did this layer find here? | activation maps, strongest patches | [4 · Activation maps](../04_activation_maps/activation_maps.ipynb) |
# | Which pixels matter? | saliency, occlusion, guided backpropagation | [5 · Attribution](../05_attribution/attribution.ipynb) |
# | Where is the evidence for this class? | CAM, Grad-CAM | [6 · Grad-CAM](../06_grad_cam/grad_cam.ipynb) |
# | Was it the right answer for the right reason? | groups, masks, swapped backgrounds | [7 · Right answer, wrong reason](../07_shortcut_learning/shortcut_learning.ipynb) |
# | What has *my* network learned? | transfer learning, then all of the above | [8 · Train your own](../08_fine_tune/fine_tune.ipynb) |
# | What is close to what? | embeddings, PCA, t-SNE, neighbours | [9 · Embeddings](../09_embeddings/embeddings.ipynb) |
#
# Each instrument answers its own question, and no other. Most wrong conclusions come from asking one what only another can tell.
#
# Not graded: an [appendix](../keras_tour/keras_tour.ipynb) shows filters, activation maps and Grad-CAM in Keras.
#
# ## How checks and hints work
#
# - A cell with **TODO** is yours. Below it a cell calls `lesson.check(...)`: it tries your function on small examples and says what it looked at, what came back, and what to try next. Run it as often as you like.
# - `lesson.hint("name_of_the_task")` gives a hint, and the next call a stronger one. Hints cost nothing.
# - A **Predict** question wants your guess *before* the cell that shows the answer. A wrong guess costs a point at most; it is the way to learn most from what follows.
# - The marking calls your functions on other inputs, sizes and networks than the checks do. Use the shapes that come in, not fixed numbers.
# - `lesson.progress()` shows where you stand, `lesson.hand_in()` says how to hand in.
# - Cells of the course are locked or restored at marking. Write in the cells with TODO.
#
# ## Words
#
# | word | meaning |
# |---|---|
# | tensor | a table of numbers with any number of axes; a batch of pictures is [N, 3, H, W] |
# | filter, kernel | the weights of one convolution, slid over the whole picture |
# | channel | one of the maps that a layer gives, one for each filter |
# | activation, feature map | what a layer gives for one picture |
# | receptive field | the part of the picture that one cell of a map can see |
# | logit, score | the number for one class before softmax |
# | softmax | turns logits into probabilities that add up to 1 |
# | hook | a function that a layer calls with its output; it sees and changes nothing else |
# | gradient | how much a score changes when a number changes a little |
# | heatmap | a map of evidence, as large as the picture |
# | mask | which pixels belong to the object |
# | head, backbone | the last linear layer; everything before it |
# | embedding | a picture as one row of numbers, taken before the head |
#
# **Next:** [lesson 1, *From image to activations*](../01_image_to_activations/image_to_activations.ipynb)
