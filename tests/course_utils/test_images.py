"""Bundled pictures, a student's own, and the way into a network's input and back."""

import gzip
import io
import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

from course_utils import images
from course_utils.images import PictureError


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def complaint(function, *arguments) -> str:
    with pytest.raises(PictureError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def site():
    """A web site on this machine: path → (status, headers, body); it notes the headers that it was sent."""
    pages, seen = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(dict(self.headers))
            status, headers, body = pages.get(self.path, (404, {}, b"gone"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                pass  # the client may hang up, and should, when the body is too long

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    yield types.SimpleNamespace(pages=pages, seen=seen, address=address)
    server.shutdown()
    server.server_close()


def test_list_pictures_by_kind_and_group():
    assert "cat" in images.list_pictures("photograph")
    assert "zebra" in images.list_pictures("cutout", "mammal")
    assert set(images.list_pictures()) == set(images.list_pictures("photograph")) | set(
        images.list_pictures("cutout")
    )
    assert not set(images.list_pictures(group="waterbird")) & set(images.list_pictures(group="landbird"))
    assert "cutout, photograph" in complaint(images.list_pictures, "drawing")
    assert "landbird" in complaint(images.list_pictures, None, "bird")


def test_load_picture_modes_and_size():
    assert images.load_picture("cat").mode == "RGB"
    assert images.load_picture("cat").size == (451, 300)
    zebra = images.load_picture("zebra")
    assert zebra.mode == "RGBA"
    assert zebra.getchannel("A").getextrema() == (0, 255)
    assert images.picture_info("zebra").classes == ("zebra",)


def test_unknown_name_gets_close_ones():
    assert "did you mean zebra" in complaint(images.load_picture, "Zebras")
    assert "king_penguin" in complaint(images.load_picture, "king penguin")
    assert "list_pictures()" in complaint(images.load_picture, "qqqqqq")


def test_damaged_and_missing_files_are_noticed(tmp_path, monkeypatch):
    images.catalogue()
    monkeypatch.setattr(images, "data_dir", lambda: tmp_path)
    assert "is missing" in complaint(images.load_picture, "cat")
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs" / "cat.webp").write_bytes(encoded(Image.new("RGB", (451, 300)), "WEBP"))
    assert "is damaged" in complaint(images.load_picture, "cat")


def test_preprocess_is_the_classic_pipeline():
    steps = [transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor()]
    classic = transforms.Compose([*steps, transforms.Normalize(images.IMAGENET_MEAN, images.IMAGENET_STD)])
    for name in ("cat", "coffee", "astronaut"):
        picture = images.load_picture(name)
        x = images.preprocess(picture)
        assert x.shape == (1, 3, 224, 224) and x.dtype == torch.float32
        assert (x[0] - classic(picture)).abs().max() < 2e-2


def test_preprocess_of_one_colour_has_literal_values():
    x = images.preprocess(Image.new("RGB", (300, 500), (255, 0, 51)))
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225]
    assert x[0].mean((1, 2)).tolist() == pytest.approx(expected, abs=1e-5)
    assert images.preprocess(Image.new("L", (64, 64)), size=96).shape == (1, 3, 96, 96)


def test_to_image_undoes_normalise_exactly():
    picture = images.load_picture("cat")
    assert np.array_equal(np.asarray(images.to_image(images.normalise(picture))), np.asarray(picture))
    half = (0.5, 0.5, 0.5)
    x = images.normalise(picture, half, half)
    assert np.array_equal(np.asarray(images.to_image(x[0], half, half)), np.asarray(picture))


def test_to_image_clips_and_checks_its_shape():
    assert np.asarray(images.to_image(torch.full((3, 2, 2), 50.0))).min() == 255
    assert np.asarray(images.to_image(torch.full((3, 2, 2), -50.0))).max() == 0
    assert "[2, 3, 4, 4]" in complaint(images.to_image, torch.zeros(2, 3, 4, 4))
    assert "[4, 4, 3]" in complaint(images.to_image, torch.zeros(4, 4, 3))


def test_mask_follows_the_picture_through_preprocess():
    mask = np.zeros((300, 451), bool)
    mask[40:200, 150:330] = True
    white = Image.fromarray((mask * 255).astype(np.uint8)).convert("RGB")
    seen = np.asarray(images.to_image(images.preprocess(white)))[..., 0] > 127
    followed = images.preprocess_mask(mask)
    assert followed.dtype == bool and followed.shape == (224, 224)
    assert (seen != followed).mean() < 0.01
    assert 0.2 < followed.mean() < 0.8


def test_open_picture_turns_upright_and_lays_on_white(tmp_path):
    sideways = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways.save(tmp_path / "a.jpg", exif=exif)
    assert images.open_picture(tmp_path / "a.jpg").size == (20, 40)
    Image.new("RGBA", (5, 5), (0, 0, 0, 0)).save(tmp_path / "b.png")
    assert images.open_picture(str(tmp_path / "b.png")).getpixel((2, 2)) == (255, 255, 255)
    Image.new("P", (5, 5)).save(tmp_path / "c.gif")
    assert images.open_picture(tmp_path / "c.gif").mode == "RGB"


def test_open_picture_says_what_is_wrong(tmp_path, monkeypatch):
    assert "there is no file" in complaint(images.open_picture, tmp_path / "none.jpg")
    assert "is a folder" in complaint(images.open_picture, tmp_path)
    (tmp_path / "text.jpg").write_text("no picture")
    assert "is no picture" in complaint(images.open_picture, tmp_path / "text.jpg")
    whole = encoded(images.load_picture("cat"), "JPEG")
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    assert "damaged picture" in complaint(images.open_picture, tmp_path / "half.jpg")
    monkeypatch.setattr(images, "MAX_BYTES", 100)
    assert "larger than" in complaint(images.open_picture, tmp_path / "half.jpg")


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path):
    bomb = encoded(Image.new("1", (20000, 20000)), "PNG")
    assert len(bomb) < 200_000
    (tmp_path / "bomb.png").write_bytes(bomb)
    assert "more than 50 megapixels" in complaint(images.open_picture, tmp_path / "bomb.png")


def test_postscript_is_not_run():
    eps = encoded(Image.new("RGB", (4, 4)), "EPS")
    assert "is no picture" in complaint(images.decode, eps, "drawing.eps")


def test_from_url_loads_a_picture_under_the_courses_own_name(site):
    site.pages["/a.png"] = (200, {"Content-Type": "image/png"}, encoded(Image.new("RGB", (7, 5), "blue")))
    picture = images.from_url(f" {site.address}/a.png ")
    assert picture.size == (7, 5) and picture.getpixel((0, 0)) == (0, 0, 255)
    assert "SeeingWhatCNNsSee" in site.seen[0]["User-Agent"]


def test_from_url_follows_a_redirect(site):
    site.pages["/old"] = (302, {"Location": "/new"}, b"")
    site.pages["/new"] = (200, {}, encoded(Image.new("RGB", (3, 3))))
    assert images.from_url(f"{site.address}/old").size == (3, 3)


def test_from_url_turns_every_failure_into_one_line(site, monkeypatch):
    site.pages["/page"] = (200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>not here</html>")
    site.pages["/round"] = (302, {"Location": "/round"}, b"")
    site.pages["/broken"] = (200, {"Content-Encoding": "gzip"}, b"no gzip at all")
    site.pages["/empty"] = (200, {"Content-Type": "image/png"}, b"")
    assert "answered 404" in complaint(images.from_url, f"{site.address}/none.jpg")
    assert "(text/html came back)" in complaint(images.from_url, f"{site.address}/page")
    assert "TooManyRedirects" in complaint(images.from_url, f"{site.address}/round")
    assert "cannot be loaded" in complaint(images.from_url, f"{site.address}/broken")
    assert "is no picture" in complaint(images.from_url, f"{site.address}/empty")
    assert "has to begin with http" in complaint(images.from_url, "file:///etc/hostname")
    assert "has to begin with http" in complaint(images.from_url, "cat.jpg")
    assert "cannot be" in complaint(images.from_url, "http://")
    assert "cannot be reached" in complaint(images.from_url, "http://127.0.0.1:9/a.png")


def test_from_url_stops_at_the_size_limit_even_of_compressed_bodies(site, monkeypatch):
    monkeypatch.setattr(images, "MAX_BYTES", 2**20)
    site.pages["/long"] = (200, {}, b"x" * (3 * 2**20))
    site.pages["/zip"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(30 * 2**20)))
    assert len(site.pages["/zip"][2]) < 2**20
    assert "is larger than 1 MB" in complaint(images.from_url, f"{site.address}/long")
    assert "is larger than 1 MB" in complaint(images.from_url, f"{site.address}/zip")


def test_from_url_gives_up_in_time(site, monkeypatch):
    monkeypatch.setattr(images, "TOTAL_SECONDS", -1)
    site.pages["/slow"] = (200, {}, b"x" * 1000)
    assert "did not answer in time" in complaint(images.from_url, f"{site.address}/slow")


def test_upload_in_colab_and_elsewhere(monkeypatch):
    assert "open_picture(" in complaint(images.upload)
    colab = types.ModuleType("google.colab")
    chosen = {"me.png": encoded(Image.new("RGB", (6, 4), "red"))}
    colab.files = types.SimpleNamespace(upload=lambda: chosen)
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    assert images.upload().size == (6, 4)
    chosen.clear()
    assert "no file was chosen" in complaint(images.upload)
