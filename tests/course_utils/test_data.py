"""The bundled pictures: what the manifest says is true of the files, and the build does what it promises."""

import hashlib
import importlib.util
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from torchvision.models import ResNet18_Weights

from course_utils import files

DATA = Path(__file__).resolve().parents[2] / "data"
MANIFEST = json.loads((DATA / "pictures.json").read_text(encoding="utf-8"))
PICTURES = MANIFEST["pictures"]


@pytest.fixture
def build(tmp_path, monkeypatch):
    """The build script, working in a folder of its own on three made-up stamps."""
    spec = importlib.util.spec_from_file_location("build_pictures", DATA / "build_pictures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    stamp = Image.new("RGBA", (400, 300), (255, 0, 0, 0))
    ImageDraw.Draw(stamp).rectangle((50, 60, 349, 209), fill=(10, 200, 30, 255))
    stamp.putpixel((5, 5), (255, 0, 0, 15))
    (tmp_path / "stamps").mkdir()
    stamp.save(tmp_path / "stamps" / "plate.png")
    (tmp_path / "sources.toml").write_text(
        '[credits.me]\nauthor = "A. Uthor"\nlicence = "GPL-2.0"\n'
        '[[photographs]]\nname = "cat"\npackage = "scikit-image"\nfile = "chelsea.png"\ngroup = "animal"\n'
        'classes = []\ncredit = "me"\ntitle = "Cat"\nalt = "A cat."\n'
        '[[cutouts]]\nname = "plate"\nfile = "plate.png"\ngroup = "object"\nclasses = []\ncredit = "me"\n'
        'title = "Plate"\nalt = "A plate."\n',
        encoding="utf-8",
    )
    return module


def run(build, *more):
    return build.main(["--stamps", str(build.HERE / "stamps"), *more])


def test_every_file_has_the_hash_and_size_of_the_manifest():
    for picture in PICTURES:
        path = DATA / picture["file"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == picture["sha256"], picture["name"]
        assert list(Image.open(path).size) == picture["size"], picture["name"]


def test_no_file_lies_beside_the_manifest():
    listed = {picture["file"] for picture in PICTURES}
    found = {p.relative_to(DATA).as_posix() for f in ("photographs", "cutouts") for p in (DATA / f).iterdir()}
    assert found == listed
    assert len(listed) == len(PICTURES) == len({picture["name"] for picture in PICTURES})


def test_every_picture_names_author_licence_and_alt_text():
    licences = {
        "GPL-2.0", "CC0-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-SA-2.5", "public domain",
        "no known copyright restrictions",
    }  # fmt: skip
    for picture in PICTURES:
        assert picture["licence"] in licences
        assert len(picture["author"]) > 2
        assert len(picture["alt"]) > 10 and picture["alt"].endswith(".")
        assert picture["title"]


def test_licence_texts_and_names_are_in_the_readme():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for picture in PICTURES:
        if picture["licence"].startswith("CC-BY"):
            assert picture["author"].split(" (")[0].split(",")[0] in readme, picture["name"]
    assert "GNU GENERAL PUBLIC LICENSE" in (DATA / "LICENSE-GPL-2.txt").read_text(encoding="utf-8")


def test_classes_are_imagenets():
    known = set(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])
    assert {name for picture in PICTURES for name in picture["classes"]} <= known


def test_sizes_and_crops():
    for picture in PICTURES:
        image = Image.open(DATA / picture["file"])
        if picture["kind"] == "photograph":
            assert max(image.size) <= 512 and image.mode == "RGB"
            continue
        assert max(image.size) <= 256 and image.mode == "RGBA"
        left, top, right, bottom = image.getchannel("A").getbbox()
        assert left <= 1 and top <= 1 and right >= image.width - 1 and bottom >= image.height - 1, picture[
            "name"
        ]
        assert np.mean(np.asarray(image.getchannel("A")) >= 128) < 0.98, picture["name"]


def test_the_whole_stays_small_and_serves_the_bird_set():
    assert sum((DATA / picture["file"]).stat().st_size for picture in PICTURES) < 6 * 2**20
    groups = [picture["group"] for picture in PICTURES]
    assert groups.count("waterbird") >= 12
    assert groups.count("landbird") >= 16


def test_manifest_agrees_with_its_sources():
    sources = tomllib.loads((DATA / "sources.toml").read_text(encoding="utf-8"))
    wanted = [entry["name"] for entry in sources["photographs"] + sources["cutouts"]]
    assert [picture["name"] for picture in PICTURES] == wanted
    used = {entry["credit"] for entry in sources["photographs"] + sources["cutouts"]}
    assert used == set(sources["credits"])


def test_the_bundled_cat_is_scikit_images():
    from skimage import data

    original = data.chelsea().astype(float)
    assert np.abs(np.asarray(Image.open(DATA / "photographs/cat.webp"), float) - original).mean() < 4


def test_data_dir_is_the_checkouts():
    assert files.data_dir() == DATA


def test_data_dir_prefers_the_wheels_and_says_where_it_looked(tmp_path, monkeypatch):
    package = tmp_path / "course_utils"
    monkeypatch.setattr(files, "PACKAGE", package)
    with pytest.raises(files.DataMissing, match="install course_utils again") as caught:
        files.data_dir()
    assert "\n" not in str(caught.value)
    for folder in (tmp_path / "data", package / "data"):
        folder.mkdir(parents=True)
        (folder / "pictures.json").write_text("{}")
    assert files.data_dir() == package / "data"


def test_build_crops_scales_and_is_repeatable(build, capsys):
    assert run(build) == 0
    first = {p: p.read_bytes() for p in build.HERE.rglob("*.webp")}
    cutout = Image.open(build.HERE / "cutouts" / "plate.webp")
    assert cutout.size == (256, 128)  # 300×150 of colour; the faint pixel in the corner does not count
    assert np.asarray(cutout)[64, 128, :3] == pytest.approx([10, 200, 30], abs=6)
    assert run(build) == 0
    assert {p: p.read_bytes() for p in build.HERE.rglob("*.webp")} == first
    assert run(build, "--check") == 0
    assert "2 pictures agree" in capsys.readouterr().out


def test_check_finds_damage_losses_and_strays_and_writes_nothing(build, capsys):
    run(build)
    damaged, lost = build.HERE / "cutouts" / "plate.webp", build.HERE / "photographs" / "cat.webp"
    damaged.write_bytes(b"other")
    lost.unlink()
    (build.HERE / "cutouts" / "stray.webp").write_bytes(b"")
    capsys.readouterr()
    assert run(build, "--check") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "cutouts/stray.webp: no longer in sources.toml",
        "photographs/cat.webp: missing",
        "cutouts/plate.webp: differs from a fresh build",
    ]
    assert damaged.read_bytes() == b"other" and not lost.exists()


def test_build_without_the_originals_names_the_package(build, capsys):
    assert build.main(["--stamps", str(build.HERE / "nowhere")]) == 1
    error = capsys.readouterr().err
    assert "tuxpaint-stamps-default has no plate.png here: apt-get install" in error
    assert error.count("\n") == 1
