"""Pictures put together from cut-outs: the masks are exact, and class-specific heatmaps find their animal."""

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from PIL import Image, ImageChops
from torchvision.models import ResNet18_Weights

from course_utils.backbones import load_backbone
from course_utils.composites import (
    NEUTRAL,
    PAIRS,
    Placement,
    class_index,
    make_background,
    paste,
    two_animals,
)
from course_utils.images import PictureError, load_picture, normalise, preprocess_mask

GREY = Image.new("RGB", (200, 100), (90, 90, 90))


def test_mask_is_where_the_picture_changed():
    composite = paste(GREY, [Placement("zebra", 0.5, 0.5, 0.8)])
    changed = np.asarray(ImageChops.difference(composite.image, GREY)).max(axis=2) > 0
    mask = composite.masks["zebra"]
    assert mask.shape == (100, 200) and mask.dtype == bool
    assert (mask & ~changed).sum() < 0.03 * mask.sum()  # a stripe may be as grey as the background
    rows, columns = np.nonzero(changed)
    assert abs(rows.mean() - 50) < 8 and abs(columns.mean() - 100) < 8
    assert columns.max() - columns.min() + 1 == pytest.approx(80, abs=2)


def test_outside_every_half_covered_pixel_the_background_is_left_alone():
    composite = paste(GREY, [Placement("rooster", 0.3, 0.5, 0.7), Placement("hen", 0.7, 0.5, 0.7)])
    union = composite.masks["rooster"] | composite.masks["hen"]
    rim = np.asarray(Image.fromarray(union).convert("L").resize((200, 100))) > 0
    grown = rim.copy()
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            grown |= np.roll(rim, step, axis)
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            grown |= np.roll(grown, step, axis)
    assert (np.asarray(composite.image)[~grown] == 90).all()


def test_masks_equal_the_cut_outs_own_alpha_at_its_own_size():
    cutout = load_picture("tiger")
    side = max(cutout.size)
    composite = paste(Image.new("RGB", (side, side)), [Placement("tiger", 0.5, 0.5, 1.0)])
    assert composite.masks["tiger"].sum() == (np.asarray(cutout.getchannel("A")) >= 128).sum()


def test_a_later_cut_out_hides_an_earlier_one():
    first, second = Placement("elephant", 0.45, 0.5, 0.8), Placement("tiger", 0.55, 0.5, 0.8)
    alone = paste(GREY, [first]).masks["elephant"]
    both = paste(GREY, [first, second])
    assert not (both.masks["elephant"] & both.masks["tiger"]).any()
    assert np.array_equal(both.masks["elephant"], alone & ~both.masks["tiger"])
    assert both.masks["elephant"].sum() < alone.sum()


def test_flip_mirrors_and_the_edge_cuts_off():
    plain = paste(GREY, [Placement("malamute", scale=0.9)])
    flipped = paste(GREY, [Placement("malamute", scale=0.9, flip=True)])
    assert (plain.masks["malamute"] != flipped.masks["malamute"]).any()
    mirrored = flipped.masks["malamute"][:, ::-1]
    assert (mirrored != plain.masks["malamute"]).mean() < 0.02
    outside = paste(GREY, [Placement("malamute", x=0.0, scale=0.9)])
    assert 0 < outside.masks["malamute"].sum() < 0.7 * plain.masks["malamute"].sum()


def test_the_same_call_gives_the_same_picture():
    one, two = (two_animals("zebra", "elephant", background="grass") for _ in range(2))
    assert one.image.tobytes() == two.image.tobytes()
    assert all(np.array_equal(one.masks[name], two.masks[name]) for name in one.names)


def test_background_is_not_changed_and_labels_tell_twins_apart():
    before = GREY.tobytes()
    twins = paste(GREY, [Placement("hen", 0.25, label="left"), Placement("hen", 0.75, label="right")])
    assert set(twins.masks) == {"left", "right"}
    assert GREY.tobytes() == before


@pytest.mark.parametrize(
    ("placements", "said"),
    [
        ([Placement("cat")], "is a photograph"),
        ([Placement("zebrra")], "did you mean zebra"),
        ([Placement("zebra", scale=0)], "scale 0"),
        ([Placement("zebra", x=3.0)], "nothing of 'zebra' is seen"),
        ([Placement("hen"), Placement("hen")], "placed twice"),
        ([Placement("mallard", scale=0.1), Placement("gorilla", scale=1.0)], "nothing of 'mallard' is seen"),
    ],
)
def test_what_cannot_be_pasted_gets_one_line(placements, said):
    with pytest.raises(PictureError, match=said) as caught:
        paste(GREY, placements)
    assert "\n" not in str(caught.value)


def test_two_animals_says_what_it_shows():
    pair = two_animals("zebra", "elephant", size=160)
    assert pair.image.size == (160, 160) and pair.image.mode == "RGB"
    assert pair.names == ("zebra", "elephant") == tuple(pair.masks)
    assert pair.labels == (340, 386)
    assert pair.image.getpixel((80, 2)) == NEUTRAL
    assert class_index("rooster") == 7
    with pytest.raises(PictureError, match="none of ImageNet's classes"):
        two_animals("zebra", "giraffe")
    with pytest.raises(PictureError, match="placed twice"):
        two_animals("zebra", "zebra")


@pytest.mark.parametrize("pair", PAIRS, ids="|".join)
def test_each_animal_of_a_pair_stays_in_its_half_and_whole(pair):
    made = two_animals(*pair)
    for name, half in zip(pair, (slice(0, 112), slice(112, 224)), strict=True):
        mask = made.masks[name]
        assert mask[:, half].sum() == mask.sum() > 900
        seen = preprocess_mask(mask)
        assert seen.sum() / (256 / 224) ** 2 > 0.97 * mask.sum()


def test_backgrounds_are_square_whatever_they_are_made_of():
    for background in ("temple", (1, 2, 3), Image.new("RGBA", (30, 60))):
        assert make_background(background, 64).size == (64, 64)
        assert make_background(background, 64).mode == "RGB"


def test_gradcam_of_each_class_finds_its_own_animal():
    backbone = load_backbone("efficientnet_lite0", device="cpu", verbose=False)
    labels = ResNet18_Weights.IMAGENET1K_V1.meta["categories"]
    method = LayerGradCam(backbone.model, backbone.gradcam_layer)
    for pair in PAIRS:
        made = two_animals(*pair)
        for x in (normalise(made.image, backbone.mean, backbone.std), backbone.preprocess(made.image)):
            for label, half in zip(made.labels, (slice(0, 112), slice(112, 224)), strict=True):
                small = method.attribute(x, target=label, relu_attributions=True).detach()
                heat = torch.nn.functional.interpolate(small, x.shape[-2:], mode="bilinear")[0, 0]
                share = float(heat[:, half].sum() / heat.sum())
                assert share >= 0.9, (pair, labels[label], share)
