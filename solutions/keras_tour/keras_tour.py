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
# # Appendix · The same instruments in Keras
# <!-- COLAB BADGE -->
#
# You built your instruments in PyTorch. Many networks live in Keras. What changes there? **Not one number, if you are careful. And nearly every axis.** You take a
# ResNet-18 across, weight by weight, and look into both at once: filters, activation maps, Grad-CAM.
#
# **After this appendix you can**
#
# - turn pictures and kernels from PyTorch's order of axes into Keras' and back, and tell a turned tensor from a garbled one;
# - get at the output of any layer in Keras with a sub-model;
# - build Grad-CAM in Keras, and show that it agrees with PyTorch's;
# - name the differences that raise no error, and find them by comparing numbers.
#
# **You need:** filters (lesson 2), hooks (lesson 3), activation maps (lesson 4), Grad-CAM (lesson 6). **Time:** about 20 minutes. Nothing here is graded, and there is nothing to fill in.
#
# **Keras 3** computes with PyTorch, TensorFlow or JAX; we let it compute with PyTorch. Colab has it. Elsewhere: `pip install "keras>=3.10,<4"`, or `make keras` in a checkout of the course.
# Which of the three it takes is decided **once, at its first import**: the variable `KERAS_BACKEND` has to be set before.

# %%
# SETUP
import os

os.environ["KERAS_BACKEND"] = "torch"  # has to stand before the first import of Keras

import keras

assert keras.config.backend() == "torch", "Keras was imported before: restart the session and begin here."
keras.config.set_image_data_format("channels_last")  # Keras' default; a file of your own could say otherwise
print(
    f"Keras {keras.__version__}, computing with {keras.config.backend()}, pictures {keras.config.image_data_format()}"
)

# %%
import numpy as np
import torch
from keras import layers, ops
from torch import nn

from course_utils.backbones import BackboneError, load_backbone
from course_utils.display import compare_classes, show_maps, show_pictures
from course_utils.images import load_picture, to_image
from course_utils.instruments import grad_cam

# A GPU may round to fewer digits to be faster; here the digits are what we look at.
torch.backends.cudnn.allow_tf32 = False

try:
    backbone = load_backbone("resnet18", device="cpu")
except BackboneError:  # no network: the small ResNet-18 of the course has the same layers
    backbone = load_backbone("teaching_resnet18", device="cpu")
x = backbone.preprocess(load_picture("cat"))
seen_cat = to_image(x, backbone.mean, backbone.std)


def numbers(tensor: torch.Tensor) -> np.ndarray:
    """What a PyTorch or a Keras tensor holds, as a NumPy array."""
    return ops.convert_to_numpy(tensor)


def largest_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest absolute difference of two arrays, which must have the same shape."""
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    return float(np.abs(ours - theirs).max())


# %% [markdown]
# ## Four axes, in another order
#
# PyTorch keeps a batch of pictures **channels first**: [N, C, H, W]. Keras keeps it **channels last**: [N, H, W, C], as an image file does. Kernels are turned as well:
#
# ![Schematic in two rows. Pictures: PyTorch has N, C, H, W; Keras has N, H, W, C. The channel axis moves to the end, by permute 0, 2, 3, 1. Kernels: PyTorch has out, in, k, k; Keras has k, k, in, out, by permute 2, 3, 1, 0. Dense layers: PyTorch has out, in; Keras has in, out, by transposing.](pictures/axes.svg)
#
# To *turn* a tensor is `permute` (in NumPy `transpose`). `reshape` is something else: it keeps the order of the numbers in memory and only cuts them into rows anew.
#
# ### By hand, once
#
# A picture of two pixels, with a red and a green channel: red is 1, 2 and green is 3, 4. Channels first, memory holds 1 2 3 4.
#
# - `permute` to channels last: the first pixel is (1, 3), red and green of the same place. The second is (2, 4).
# - `reshape` to the same shape: the first pixel is (1, 2). That is the red of two places, and no colour at all.
#
# ### Predict · what does a reshaped cat look like?
#
# `x.reshape(1, 224, 224, 3)` has the shape that Keras wants. What would you see?
#
# - **A** The cat, in wrong colours.
# - **B** The cat, lying on its side.
# - **C** Nine small grey cats.
# - **D** Noise.

# %%
turned = x.permute(0, 2, 3, 1)  # [1, 224, 224, 3]
garbled = x.reshape(1, 224, 224, 3)
print("turned:", list(turned.shape), "  garbled:", list(garbled.shape))
show_pictures(
    # Back to PyTorch's order, for to_image takes that.
    [to_image(t.permute(0, 3, 1, 2), backbone.mean, backbone.std) for t in (turned, garbled)],
    titles=["x.permute(0, 2, 3, 1)", "x.reshape(1, 224, 224, 3)"],
    suptitle="The same shape, and not the same picture",
    alt="Left the cat. Right the same numbers reshaped: nine small grey cats in three rows of three.",
)

# %% [markdown]
# It is **C**. Three rows of the picture now stand side by side in one, so there are three small cats across. The three channels stand one below the other. And each "colour" is made of three neighbours, so
# it is nearly grey. Nothing complains: the shape is right. **A matching shape proves nothing about the order of axes.** Look at the picture.
#
# ## The same network, built in Keras
#
# Here is ResNet-18 as a *functional* Keras model: each layer is called on what comes before it. It has the layers of torchvision's, under the same names with `_` for the dots. Three settings, all
# needed, differ from what one would write by habit; the comments say where. More on them soon.


# %%
def build_resnet18(padding: str = "as in PyTorch", epsilon: float = 1e-5) -> keras.Model:
    """ResNet-18 in Keras: [N, 224, 224, 3] → logits [N, 1000].

    padding, epsilon: as PyTorch does it; "same" and 1e-3 are Keras' habits, to see what they change.
    """

    def convolution(x, filters, size, stride, name):
        if padding == "same":
            return layers.Conv2D(filters, size, stride, padding="same", use_bias=False, name=name)(x)
        if size > 1:
            x = layers.ZeroPadding2D(size // 2)(x)  # 1: the same number of zeros on either side
        return layers.Conv2D(filters, size, stride, use_bias=False, name=name)(x)

    def norm(x, name):
        # 2 and 3: Keras' defaults are epsilon=1e-3 and momentum=0.99
        return layers.BatchNormalization(epsilon=epsilon, momentum=0.9, name=name)(x)

    def block(x, filters, stride, name):
        y = norm(convolution(x, filters, 3, stride, f"{name}_conv1"), f"{name}_bn1")
        y = norm(convolution(layers.ReLU()(y), filters, 3, 1, f"{name}_conv2"), f"{name}_bn2")
        if x.shape[-1] != filters:
            x = norm(convolution(x, filters, 1, stride, f"{name}_downsample_0"), f"{name}_downsample_1")
        return layers.ReLU(name=name)(layers.Add()([x, y]))

    picture = keras.Input((224, 224, 3))
    y = norm(convolution(picture, 64, 7, 2, "conv1"), "bn1")
    y = layers.ReLU(name="relu")(y)
    if padding == "same":
        y = layers.MaxPooling2D(3, 2, padding="same")(y)
    else:
        # PyTorch pads a maximum with minus infinity; zeros do the same here: nothing is below zero after a ReLU.
        y = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(y))
    for stage, filters in enumerate((64, 128, 256, 512), start=1):
        y = block(y, filters, 1 if stage == 1 else 2, f"layer{stage}_0")
        y = block(y, filters, 1, f"layer{stage}_1")
    return keras.Model(picture, layers.Dense(1000, name="fc")(layers.GlobalAveragePooling2D()(y)))


def copy_weights(source: nn.Module, target: keras.Model) -> keras.Model:
    """Copy every layer of a PyTorch network to the Keras layer of its name, axes turned; return the Keras model."""
    for name, module in source.named_modules():
        if isinstance(module, nn.Conv2d):
            weights = [module.weight.permute(2, 3, 1, 0)]  # (out, in, k, k) → (k, k, in, out)
        elif isinstance(module, nn.BatchNorm2d):
            weights = [module.weight, module.bias, module.running_mean, module.running_var]
        elif isinstance(module, nn.Linear):
            weights = [module.weight.T, module.bias]  # (out, in) → (in, out)
        else:
            continue
        target.get_layer(name.replace(".", "_")).set_weights([numbers(w) for w in weights])
    return target


model = copy_weights(backbone.model, build_resnet18())
with torch.no_grad():
    logits = numbers(backbone.model(x))[0]
keras_logits = numbers(model(turned))[0]
for title, scores in (("PyTorch", logits), ("Keras", keras_logits)):
    best = scores.argsort()[::-1][:3]
    print(f"{title:8}", "   ".join(f"{scores[i]:.4f} {backbone.labels[i]}" for i in best))
print(f"largest difference of the {len(logits)} logits: {largest_difference(keras_logits, logits):.1e}")
assert np.allclose(keras_logits, logits, rtol=0, atol=1e-3)

# %% [markdown]
# Two libraries, one function. What differs is the rounding: sums in another order, in single precision. That is the test for any network that you take across: **compare logits, not labels.** You will see why.
#
# ## Instrument 1 · filters
#
# A filter of the first layer is a small colour picture. In PyTorch `weight[i]` is [3, 7, 7], and `imshow` wants it turned. In Keras the filter number is the *last* axis, and `kernel[..., i]` is [7, 7, 3]: a picture as it stands.


# %%
def mosaic(filters: list[np.ndarray], columns: int = 16) -> np.ndarray:
    """Filters [k, k, 3], each stretched to [0, 1], side by side with a white line around each."""
    stretched = [(f - f.min()) / np.ptp(f) for f in filters]
    framed = [np.pad(f, ((1, 1), (1, 1), (0, 0)), constant_values=1) for f in stretched]
    rows = [np.concatenate(framed[i : i + columns], axis=1) for i in range(0, len(framed), columns)]
    return np.concatenate(rows).repeat(5, axis=0).repeat(5, axis=1)


weight = numbers(backbone.first_conv.weight)
kernel = numbers(model.get_layer("conv1").kernel)
print("PyTorch, (out, in, k, k):", weight.shape, "  Keras, (k, k, in, out):", kernel.shape)
print("largest difference, one of them turned:", largest_difference(kernel.transpose(3, 2, 0, 1), weight))
show_pictures(
    [
        mosaic([weight[i].transpose(1, 2, 0) for i in range(len(weight))]),
        mosaic([kernel[..., i] for i in range(kernel.shape[-1])]),
    ],
    titles=["PyTorch: weight[i].transpose(1, 2, 0)", "Keras: kernel[..., i]"],
    panel=5.2,
    suptitle="The 64 filters of the first layer, from either side",
    alt="Two identical mosaics of 64 filters of 7 by 7 pixels: edges, stripes and coloured blobs.",
)

# %% [markdown]
# Both libraries slide the kernel over the picture without flipping it, so nothing else changes. (Lesson 1 called that cross-correlation.)
#
# **What bites:** a deeper layer is often square, 64 in and 64 out. Swap those two axes by mistake, and the shape (3, 3, 64, 64) still fits.
#
# ## What bites: padding
#
# Keras' `padding="same"` promises a *size*: with stride 2, half of it. It adds as few zeros as that needs, and where their number is odd, the extra one comes **at the end**. PyTorch's `padding=1` puts one zero at either side, needed or not.
#
# ### By hand, once
#
# Eight pixels, 0 to 7. A kernel of 3 with weights 0, 1, 0 (it copies the pixel under its middle), stride 2.
#
# - PyTorch, `padding=1`: a zero at either side. The windows have their middle on pixels 0, 2, 4, 6.
# - Keras, `"same"`: 4 windows of 3 with stride 2 span 9 pixels. There are 8, so *one* zero is added, at the end.
#
# ### Predict · which pixels does Keras copy?
#
# - **A** 0, 2, 4, 6 as PyTorch does
# - **B** 1, 3, 5, 7
# - **C** 0, 2, 4 and then a zero
# - **D** It raises an error.

# %%
row = np.arange(8, dtype="float32").reshape(1, 8, 1)  # [N, length, channels]
copier = np.array([0, 1, 0], dtype="float32").reshape(3, 1, 1)  # (k, in, out)
in_pytorch = nn.functional.conv1d(
    torch.tensor([[row.ravel().tolist()]]), torch.tensor([[[0.0, 1, 0]]]), stride=2, padding=1
)
in_keras = ops.conv(row, copier, strides=2, padding="same")
padded = ops.conv(np.pad(row, ((0, 0), (1, 1), (0, 0))), copier, strides=2, padding="valid")
print("PyTorch, padding=1:              ", numbers(in_pytorch).ravel())
print("Keras, 'same':                   ", numbers(in_keras).ravel())
print("Keras, zeros first, then 'valid':", numbers(padded).ravel())

# %% [markdown]
# **B.** Every window is off by one pixel, and in ResNet-18 that happens at five depths. (With stride 1 and an odd kernel the two agree.) The remedy: `ZeroPadding2D(1)`, then no padding in the convolution.
#
# ## What bites: batch normalisation
#
# `epsilon`, which guards the division, is 1e-3 in Keras and 1e-5 in PyTorch. And `momentum` says the opposite: in PyTorch the share of the **new** statistics that is taken in, in Keras the share of the **old** that is kept. PyTorch's 0.1 is Keras' 0.9.
# That shows only in training:

# %%
batch = torch.tensor([[0.0], [10.0]])  # mean 5
pytorch_norm = nn.BatchNorm1d(1).train()
pytorch_norm(batch)
print(
    f"PyTorch, default momentum=0.1:  stored mean {pytorch_norm.running_mean.item():.2f}, variance {pytorch_norm.running_var.item():.2f}"
)
for momentum, note in ((0.9, "            "), (0.99, "the default ")):
    keras_norm = layers.BatchNormalization(momentum=momentum)
    keras_norm(numbers(batch), training=True)
    mean, variance = (float(numbers(v)[0]) for v in (keras_norm.moving_mean, keras_norm.moving_variance))
    print(f"Keras, {note}momentum={momentum:<4}:  stored mean {mean:.2f}, variance {variance:.2f}")

# %% [markdown]
# The stored means agree for 0.1 and 0.9. The variances do not, even then: PyTorch stores the unbiased one (divided by $n-1$), Keras the plain one (divided by $n$). For large batches that is nothing; here, with two numbers, it is a factor of two for what is taken in.
#
# ## Instrument 2 · activation maps
#
# In lesson 3 a hook caught what a layer gave. A functional Keras model knows its own graph, so you can ask for a second model that ends elsewhere: **a sub-model from the same input to any layer's output.** It is no copy: it shares all layers and weights with the first, and costs nothing to make.

# %%
DEPTHS = {"early": ("relu", "relu"), "middle": ("layer2", "layer2_1"), "late": ("layer4", "layer4_1")}

# PyTorch: hooks
pytorch_maps = {}
handles = [
    backbone.model.get_submodule(name).register_forward_hook(
        lambda module, inputs, output, depth=depth: pytorch_maps.update(
            {depth: numbers(output.detach().clone())}
        )
    )
    for depth, (name, _) in DEPTHS.items()
]
with torch.no_grad():
    backbone.model(x)
for handle in handles:
    handle.remove()

# Keras: a sub-model with three outputs
sub_model = keras.Model(model.input, [model.get_layer(name).output for _, name in DEPTHS.values()])
keras_maps = dict(zip(DEPTHS, map(numbers, sub_model(turned)), strict=True))

strongest = {}
for depth, maps in keras_maps.items():
    back = maps.transpose(0, 3, 1, 2)  # [1, h, w, C] → [1, C, h, w]
    strongest[depth] = int(maps[0].var(axis=(0, 1)).argmax())  # the channel that varies most over space
    print(
        f"{depth:7} PyTorch {pytorch_maps[depth].shape!s:18} Keras {maps.shape!s:18} "
        f"largest difference {largest_difference(back, pytorch_maps[depth]):.1e}"
    )
    assert np.allclose(back, pytorch_maps[depth], rtol=0, atol=1e-3)

show_maps(
    [pytorch_maps[d][0, c] for d, c in strongest.items()]
    + [keras_maps[d][0, :, :, c] for d, c in strongest.items()],
    titles=[f"{library}, {d}, channel {c}" for library in ("PyTorch", "Keras") for d, c in strongest.items()],
    columns=3,
    shared=False,
    suptitle="The same maps, by a hook and by a sub-model",
    label="activation",
    alt="Two rows of three activation maps of the cat, early, middle and late, each the channel that varies most. "
    "The row from PyTorch and the row from Keras are the same.",
)

# %% [markdown]
# In PyTorch a channel is `maps[0, c]`, in Keras `maps[0, :, :, c]`. Forget it, and `maps[0, c]` gives you *row* number `c` of every channel: again no error, as long as `c` is below the height.
#
# **What bites:** a sub-model needs a graph, so it works for functional and `Sequential` models. A model that was written as a class has none. And a network that is *one layer* of another (usual in transfer learning) hides its layers: ask it first, `model.get_layer("resnet50").get_layer(...)`.
#
# ### A misconception: "hooks are PyTorch, sub-models are Keras"
#
# With PyTorch underneath, each Keras layer *is* an `nn.Module`. So your hook from lesson 3 works as it stands:

# %%
layer = model.get_layer("layer4_1")
kept = {}
handle = layer.register_forward_hook(lambda module, inputs, output: kept.update(maps=numbers(output)))
try:
    model(turned)
finally:
    handle.remove()
print("a Keras layer is an nn.Module:", isinstance(layer, nn.Module))
print("hook against sub-model, largest difference:", largest_difference(kept["maps"], keras_maps["late"]))


# %% [markdown]
# ## Instrument 3 · Grad-CAM
#
# The six steps of lesson 6, with a sub-model in place of the hook. Two things move: space is now axes 1 and 2, and channels are the last axis. And one line has to know who computes. Keras has **no gradient function of its own**: that line is
# `torch.autograd.grad` here, `tf.GradientTape` with TensorFlow, `jax.grad` with JAX.


# %%
def keras_grad_cam(
    network: keras.Model, layer_name: str, picture: torch.Tensor, class_index: int
) -> np.ndarray:
    """Lesson 6's heatmap [H, W], from 0 to 1, for a functional Keras network that computes with PyTorch.

    picture: [1, H, W, 3]. The network has to end in logits.
    """
    both = keras.Model(network.input, [network.get_layer(layer_name).output, network.output])
    # Asking for the picture's gradient makes a graph, even where every layer is frozen (trainable=False).
    maps, scores = both(picture.clone().requires_grad_())  # 1: [1, h, w, C] and [1, K]
    (slopes,) = torch.autograd.grad(scores[0, class_index], maps)  # 2: the one line that is PyTorch's
    alphas = ops.mean(slopes, axis=(1, 2), keepdims=True)  # 3: [1, 1, 1, C]
    evidence = ops.sum(alphas * maps, axis=-1, keepdims=True)  # 4: [1, h, w, 1]
    enlarged = ops.image.resize(ops.relu(evidence), picture.shape[1:3], interpolation="bilinear")  # 5 and 6
    enlarged = numbers(enlarged)[0, :, :, 0]
    return enlarged / (enlarged.max() or 1)


heat, cat_class = grad_cam(backbone.model, backbone.gradcam_layer, x)
keras_heat = keras_grad_cam(model, "layer4_1", turned, cat_class)
print(f"largest difference of the two heatmaps: {largest_difference(keras_heat, numbers(heat)):.1e}")
assert np.allclose(keras_heat, numbers(heat), rtol=0, atol=1e-3)
compare_classes(
    seen_cat,
    [heat, keras_heat],
    titles=["PyTorch (Captum)", "Keras"],
    suptitle=f"Where is the evidence for {backbone.labels[cat_class]}? The same answer twice",
    alt="The cat, and twice the cat with a heatmap over it. The heatmap from PyTorch and the one from Keras are the same.",
)

# %% [markdown]
# **What bites: the softmax.** Networks from `keras.applications` end in softmax, unless you say `classifier_activation=None`. But Grad-CAM wants the logit (lesson 6, limit 3):

# %%
with_softmax = keras.Model(model.input, layers.Softmax()(model.output))
from_probability = keras_grad_cam(with_softmax, "layer4_1", turned, cat_class)
print(
    f"heatmap from the probability against the one from the logit: largest difference {largest_difference(from_probability, keras_heat):.2f}"
)

# %% [markdown]
# ## Five mistakes, side by side
#
# ### Predict · which mistake would you notice?
#
# You have met all five: `epsilon` left at 1e-3, `padding="same"`, a reshaped picture, the kernels of square layers with in and out swapped, a softmax at the end. How many of them raise an error? With how many does the network still answer *cat*?

# %%
swapped = copy_weights(backbone.model, build_resnet18())
for layer in swapped.layers:
    if isinstance(layer, layers.Conv2D) and layer.kernel.shape[2] == layer.kernel.shape[3]:
        layer.set_weights([layer.get_weights()[0].swapaxes(2, 3).copy()])

trials = {
    "all as it should be": (model, turned),
    "epsilon left at 1e-3": (copy_weights(backbone.model, build_resnet18(epsilon=1e-3)), turned),
    "padding='same'": (copy_weights(backbone.model, build_resnet18(padding="same")), turned),
    "picture reshaped": (model, garbled),
    "in and out swapped": (swapped, turned),
    "softmax at the end": (with_softmax, turned),
}
print(f"largest difference from PyTorch: {'logits':>9}{'heatmap':>9}   first answer")
for title, (network, picture) in trials.items():
    scores = numbers(network(picture))[0]
    off = largest_difference(scores, logits)
    heat_off = largest_difference(keras_grad_cam(network, "layer4_1", picture, cat_class), numbers(heat))
    print(f"{title:32} {off:9.3f}{heat_off:9.3f}   {backbone.labels[int(scores.argmax())]}")

# %% [markdown]
# **None of them raises an error, and most still answer with a cat.** Yet a heatmap may be off by more than half of its whole scale, and point at another place. (The softmax changes no answer at all, for it keeps the order.)
# So *it still says cat* proves nothing. If a network that you took across does not agree, compare layer by layer with instrument 2, from the first one on. Where the numbers part is the mistake.

# %% [markdown]
# ## PyTorch and Keras, line by line
#
# | what you want | in PyTorch | in Keras | what bites |
# |---|---|---|---|
# | a batch of pictures | [N, C, H, W] | [N, H, W, C] | `reshape` gives the right shape and a wrong picture |
# | one filter as a picture | `conv.weight[i]`, turned to [k, k, 3] | `layer.kernel[..., i]` | kernels are (out, in, k, k) and (k, k, in, out); in and out of a square layer swap unseen |
# | a linear layer's weights | `fc.weight`, (out, in) | `fc.kernel`, (in, out) | behind a `Flatten`, the inputs stand in another order, too: C·H·W against H·W·C |
# | zeros around a picture | `padding=1` | `ZeroPadding2D(1)` before the layer | `padding="same"` with stride 2 is off by one pixel |
# | batch normalisation | `eps=1e-5`, `momentum=0.1` | `epsilon=1e-5`, `momentum=0.9` | other defaults, and `momentum` is the share of the new or of the old |
# | the network at rest | `model.eval()`, stays until changed | `model(x, training=False)`, for this call | PyTorch starts in train mode; a call in Keras is at rest unless you say so or `fit` it |
# | a frozen layer | `requires_grad = False` | `layer.trainable = False` | in Keras a frozen batch normalisation also rests in `fit`; in PyTorch its statistics go on moving |
# | a layer's output | forward hook | sub-model (or a hook, with PyTorch underneath) | a sub-model needs a functional or `Sequential` model |
# | one channel's map | `maps[0, c]` | `maps[0, :, :, c]` | the other way round gives a row, and no error |
# | mean over space | `mean(dim=(2, 3))` | `ops.mean(..., axis=(1, 2))` | the wrong axes average over channels |
# | a gradient | `torch.autograd.grad` | that of what computes underneath | `model.predict` gives NumPy arrays: no gradient passes |
# | the score of a class | the output, a logit | `classifier_activation=None` | a softmax at the end changes the heatmap |
# | the input's scale | mean and deviation of ImageNet | `preprocess_input` of *that* network's module | each family has its own; some even swap red and blue |
# | enlarging a map | `F.interpolate(..., align_corners=False)` | `ops.image.resize` | they agree; older code (`align_corners=True`) does not |
#
# ## Stretch
#
# - Ask another depth: `keras_grad_cam(model, "layer3_1", turned, cat_class)` has 14×14 cells. Is it finer? Does it still lie where the last layer's does?
# - Take a network of `keras.applications` with its ImageNet weights (a download), `preprocess_input` from the same module and `classifier_activation=None`. Its last maps:
#   `[layer.name for layer in network.layers if len(layer.output.shape) == 4][-1]`.
#
# ## What each instrument answers
#
# | instrument | its question | in Keras |
# |---|---|---|
# | **filters** | What does this layer look for? | `kernel[..., i]` |
# | **activation maps** | What did this layer find here? | a sub-model |
# | **Grad-CAM** | Where is the evidence for this class? | a sub-model, and one gradient from underneath |
# | **comparing numbers** | Is it still the same network? | logits and maps against the original, never labels alone |
#
# The questions belong to no library. Neither do the limits: a heatmap from Keras proves right reasoning as little as one from PyTorch (lesson 7).
#
# **Next:** back to [the course map](../00_start_here/start_here.ipynb), or to [lesson 6, *What mattered for this prediction?*](../06_grad_cam/grad_cam.ipynb), with a Keras network of your own.
#
# **Sources.** Chollet et al., *Keras*, 2015, and its guides to the functional interface and to transfer learning. · Paszke et al., *PyTorch: An Imperative Style, High-Performance Deep Learning Library*, NeurIPS 2019. ·
# He et al., *Deep Residual Learning for Image Recognition*, CVPR 2016. · Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization*, ICCV 2017.
