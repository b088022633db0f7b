"""Figures: what is drawn is what was given, small enough for a notebook, with alt text that is found."""

import base64
import io

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import colormaps
from matplotlib import pyplot as plt
from PIL import Image

from course_utils import display
from course_utils.composites import PAIRS, two_animals
from course_utils.images import PictureError, load_picture

CAT = load_picture("cat")


@pytest.fixture
def cell(monkeypatch):
    """Runs code as a notebook cell does and gives its outputs, the cell's own echo included."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    shell = InteractiveShell.instance()

    def run(source: str):
        shell.user_ns["display_module"] = display
        with capture_output() as captured:
            shell.run_cell(source).raise_error()
        return captured

    yield run
    InteractiveShell.clear_instance()


def drawn(figure) -> list[np.ndarray]:
    """The pixels or numbers of every picture in a figure, in order."""
    return [np.asarray(axis.images[0].get_array()) for axis in figure.axes if axis.images]


def complaint(function, *arguments, **options) -> str:
    with pytest.raises(PictureError) as caught:
        function(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_overlay_blends_picture_and_colours():
    picture = np.full((4, 6, 3), 100, np.uint8)
    heat = np.zeros((4, 6))
    heat[1, 2] = 2.0
    low, high = (np.array(colormaps["magma"](v)[:3]) * 255 for v in (0.0, 1.0))
    result = display.overlay(picture, heat, alpha=0.25)
    assert result.shape == (4, 6, 3) and result.dtype == np.uint8
    assert result[0, 0] == pytest.approx(0.75 * 100 + 0.25 * low, abs=1)
    assert result[1, 2] == pytest.approx(0.75 * 100 + 0.25 * high, abs=1)
    assert (picture == 100).all()
    assert np.array_equal(display.overlay(picture, heat, alpha=0), picture)


def test_overlay_scales_a_small_heatmap_to_the_picture():
    heat = torch.zeros(7, 7)
    heat[0, 6] = 1
    result = display.overlay(np.zeros((224, 224), np.uint8), heat, alpha=1.0).sum(axis=2)
    assert result[:20, 204:].mean() > 3 * result[120:, :100].mean()


def test_overlay_keeps_one_scale_where_asked():
    picture = np.zeros((2, 2, 3), np.uint8)
    dim = display.overlay(picture, np.full((2, 2), 0.5), alpha=1.0, vmax=1.0)
    bright = display.overlay(picture, np.full((2, 2), 0.5), alpha=1.0)
    assert dim.sum() < bright.sum()
    nothing = display.overlay(picture, np.zeros((2, 2)), alpha=1.0)
    assert nothing.max() < 20


def test_overlay_refuses_what_cannot_lie_on_the_picture():
    assert "to_image(x)" in complaint(display.overlay, CAT, np.zeros((224, 224)))
    assert "negative" in complaint(display.overlay, CAT, -np.ones((300, 451)))
    assert "NaN" in complaint(display.overlay, CAT, np.full((300, 451), np.nan))
    assert "[1, 1, 7, 7]" in complaint(display.overlay, CAT, np.zeros((1, 1, 7, 7)))


def test_as_array_takes_what_lessons_have():
    assert display.as_array(torch.full((3, 4, 5), 0.2)).shape == (4, 5, 3)
    assert display.as_array(torch.full((3, 4, 5), 0.2)).max() == 51
    assert display.as_array(np.zeros((4, 5))).shape == (4, 5)
    assert display.as_array(load_picture("zebra")).shape[2] == 3
    assert "to_image(x)" in complaint(display.as_array, torch.full((3, 4, 5), -2.0))
    assert "[2, 3, 4, 4]" in complaint(display.as_array, torch.zeros(2, 3, 4, 4))


def test_show_pictures_draws_each_with_its_title():
    figure = display.show_pictures(
        [CAT, load_picture("coffee"), CAT], ["a", "b", "c"], columns=2, suptitle="Top"
    )
    first, second, _ = drawn(figure)
    assert np.array_equal(first, np.asarray(CAT)) and second.shape != first.shape
    assert [axis.get_title() for axis in figure.axes[:3]] == ["a", "b", "c"]
    assert figure.alt == "Top. Pictures: a; b; c."
    assert display.show_pictures([CAT], alt="A cat's face.").alt == "A cat's face."


def test_compare_classes_shares_one_scale():
    weak, strong = np.full((300, 451), 0.25), np.full((300, 451), 1.0)
    figure = display.compare_classes(CAT, [weak, strong], ["one", "two"])
    _, first, second = drawn(figure)[:3]
    assert np.array_equal(first, display.overlay(CAT, weak, vmax=1.0))
    assert np.array_equal(second, display.overlay(CAT, strong, vmax=1.0))
    bars = [axis for axis in figure.axes if axis.get_ylabel() == "evidence"]
    assert len(bars) == 1 and bars[0].get_ylim() == (0, 1)


def test_show_heatmap_has_picture_overlay_and_bar():
    figure = display.show_heatmap(CAT, np.full((300, 451), 0.5), "Look", label="Grad-CAM")
    assert [axis.get_title() for axis in figure.axes[:2]] == ["the picture", "Look"]
    assert figure.axes[2].get_ylabel() == "Grad-CAM" and figure.axes[2].get_ylim() == (0, 0.5)


def test_signed_maps_are_white_at_zero_on_a_scale_of_equal_arms():
    figure = display.show_maps([np.array([[-1.0, 0.0]]), np.array([[3.0, 0.0]])], signed=True)
    for axis in figure.axes[:2]:
        assert axis.images[0].get_clim() == (-3, 3)
    assert min(figure.axes[0].images[0].to_rgba(0.0)[:3]) > 0.9


def test_maps_share_a_scale_or_have_their_own():
    maps = [np.array([[0.0, 1.0]]), np.array([[0.0, 9.0]])]
    together = display.show_maps(maps)
    alone = display.show_maps(maps, shared=False)
    assert [a.images[0].get_clim() for a in together.axes[:2]] == [(0, 9), (0, 9)]
    assert [a.images[0].get_clim() for a in alone.axes[:2]] == [(0, 1), (0, 9)]
    assert display.show_maps([np.zeros((2, 2))]).axes[0].images[0].get_clim() == (0, 1)


def test_wrong_counts_get_one_line():
    assert "2 titles" in complaint(display.show_pictures, [CAT], ["a", "b"])
    assert "nothing to show" in complaint(display.show_maps, [])


def test_nothing_is_left_open_in_pyplot():
    before = plt.get_fignums()
    display.show_pictures([CAT])
    assert plt.get_fignums() == before


def test_a_figure_is_small_and_readable():
    figure = display.show_pictures([two_animals(*pair).image for pair in PAIRS], columns=5)
    media, content = display.compressed(figure)
    image = Image.open(io.BytesIO(content))
    assert media in ("image/png", "image/jpeg") and Image.MIME[image.format] == media
    assert len(content) < 150_000
    assert image.width > 1000
    # The compressed picture still is the picture: compare with matplotlib's own drawing.
    stream = io.BytesIO()
    figure.savefig(stream, format="png", facecolor="white")
    exact = np.asarray(Image.open(stream).convert("RGB"), float)
    assert np.abs(np.asarray(image.convert("RGB"), float) - exact).mean() < 3


def test_a_cell_shows_a_figure_once_with_its_alt_text(cell):
    captured = cell(
        "import numpy as np\ndisplay_module.show_maps([np.eye(3)], ['diagonal'], alt='Ones on the diagonal.')"
    )
    (output,) = captured.outputs
    media = next(name for name in output.data if name.startswith("image/"))
    assert output.data["text/plain"] == "Ones on the diagonal."
    assert output.metadata[media]["alt"] == "Ones on the diagonal."
    assert Image.open(io.BytesIO(base64.b64decode(output.data[media]))).width > 100
    assert "Figure" not in captured.stdout


def test_in_jupyter_the_alt_text_is_there_for_screen_readers(cell, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    captured = cell(
        "import numpy as np\nfigure = display_module.show_maps([np.eye(3)], alt='Ones < twos & \"more\".')"
    )
    picture, text = captured.outputs
    assert "Ones &lt; twos &amp; &quot;more&quot;." in text.data["text/html"]
    assert "display:none" not in text.data["text/html"]
    assert "text/html" not in picture.data
