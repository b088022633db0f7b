"""Figures of the lessons: grids of pictures, heatmaps over pictures, maps; each with alt text, each small.

A figure is shown where it is made, as one compressed picture, and returned for saving. Its alt text goes
where each front end looks for it: the output's plain text (VS Code, terminals), its metadata (nbconvert,
classic), and in Colab and Jupyter, which show an image output without any description, a line beside it that
only screen readers meet.
"""

from __future__ import annotations

import base64
import html
import io
import math
import os
import sys
from collections.abc import Sequence

import matplotlib
import numpy as np
import torch
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from PIL import Image

from course_utils.images import PictureError, on_white

HEAT_COLOURS = "magma"
MAP_COLOURS = "viridis"
SIGNED_COLOURS = "RdBu_r"
DPI = 80
PANEL = 2.9  # inches
JPEG_QUALITY = 85
# Off the screen but read out; `display: none` would hide the text from screen readers too.
UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"

Picture = Image.Image | np.ndarray | torch.Tensor


class LessonFigure(Figure):
    """A matplotlib figure that knows its alt text and was already shown, so that a cell does not echo it."""

    alt: str = ""

    def _ipython_display_(self) -> None:
        """The cell's own echo of its last value: nothing, for the figure is on the page already."""


def show_pictures(
    images: Sequence[Picture],
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    suptitle: str = "",
    *,
    alt: str = "",
    panel: float = PANEL,
) -> LessonFigure:
    """Pictures in a grid, row by row.

    images: PIL pictures, [H, W] or [H, W, 3] arrays, or [3, H, W] tensors; floats in [0, 1]. alt: what a
    reader who does not see the figure should know (default: the titles). panel: width of one, in inches.
    Raises PictureError for what cannot be shown.
    """
    arrays = [as_array(image) for image in images]
    titles = _checked_titles(titles, len(arrays))
    figure, axes = _grid(len(arrays), columns, [a.shape[0] / a.shape[1] for a in arrays], suptitle, panel)
    for axis, array, title in zip(axes, arrays, titles, strict=True):
        axis.imshow(array, cmap="gray", vmin=0, vmax=255)
        _label(axis, title)
    return _shown(figure, alt or _listing("Pictures", suptitle, titles))


def overlay(
    image: Picture, heatmap: np.ndarray | torch.Tensor, alpha: float = 0.5, vmax: float | None = None
) -> np.ndarray:
    """The picture with a heatmap over it, RGB uint8 [H, W, 3].

    heatmap: [h, w], ≥ 0, of the picture's shape or its proportions (then scaled, bilinear). alpha: the
    heatmap's share of the colour. vmax: the value of the brightest colour (default: the heatmap's maximum).
    Raises PictureError where the two cannot lie on each other.
    """
    picture = np.asarray(on_white(Image.fromarray(as_array(image))), dtype=np.float64)
    heat = _checked_heatmap(heatmap)
    heat = _fitted(heat, picture.shape[:2])
    colours = matplotlib.colormaps[HEAT_COLOURS](heat / _brightest([heat], vmax))[..., :3] * 255
    return ((1 - alpha) * picture + alpha * colours).round().astype(np.uint8)


def show_heatmap(
    image: Picture,
    heatmap: np.ndarray | torch.Tensor,
    title: str = "",
    alpha: float = 0.5,
    vmax: float | None = None,
    label: str = "evidence",
    *,
    alt: str = "",
) -> LessonFigure:
    """The picture, and beside it the heatmap over the picture, with a colour bar named `label`."""
    return _heat_figure(image, [heatmap], [title], alpha, vmax, label, "", alt)


def compare_classes(
    image: Picture,
    heatmaps: Sequence[np.ndarray | torch.Tensor],
    titles: Sequence[str],
    suptitle: str = "",
    alpha: float = 0.5,
    vmax: float | None = None,
    label: str = "evidence",
    *,
    alt: str = "",
) -> LessonFigure:
    """The picture and one heatmap a class over it, side by side under one shared colour bar."""
    return _heat_figure(image, heatmaps, titles, alpha, vmax, label, suptitle, alt)


def show_maps(
    maps: Sequence[np.ndarray | torch.Tensor],
    titles: Sequence[str] | None = None,
    signed: bool = False,
    columns: int | None = None,
    suptitle: str = "",
    shared: bool = True,
    label: str = "",
    *,
    alt: str = "",
) -> LessonFigure:
    """Maps of numbers, [h, w] each, in colours.

    signed: a diverging scale, white at zero and as long on either side. shared: one scale and one colour bar
    for all maps; else each has its own. Raises PictureError for maps of another shape or with values that are
    not finite.
    """
    arrays = [_checked_map(m) for m in maps]
    titles = _checked_titles(titles, len(arrays))
    figure, axes = _grid(len(arrays), columns, [a.shape[0] / a.shape[1] for a in arrays], suptitle)
    colours = SIGNED_COLOURS if signed else MAP_COLOURS
    common = _scale(arrays, signed) if shared else None
    for axis, array, title in zip(axes, arrays, titles, strict=True):
        scale = common or _scale([array], signed)
        drawn = axis.imshow(array, cmap=colours, norm=scale)
        _label(axis, title)
        if not shared:
            figure.colorbar(drawn, ax=axis, shrink=0.8, label=label)
    if shared:
        figure.colorbar(ScalarMappable(common, colours), ax=axes, shrink=0.8, label=label)
    return _shown(figure, alt or _listing("Maps", suptitle, titles))


def as_array(image: Picture) -> np.ndarray:
    """Any picture as uint8 [H, W] or [H, W, 3]; PictureError for other shapes or floats outside [0, 1]."""
    if isinstance(image, Image.Image):
        return np.asarray(on_white(image))
    array = image.detach().cpu().numpy() if isinstance(image, torch.Tensor) else np.asarray(image)
    if isinstance(image, torch.Tensor) and array.ndim == 3 and array.shape[0] in (1, 3):
        array = array.transpose(1, 2, 0)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2 and (array.ndim != 3 or array.shape[2] != 3):
        raise PictureError(
            f"a picture has the shape [H, W] or [H, W, 3]; this one has {list(np.shape(image))}"
        )
    if array.dtype == np.uint8:
        return array
    if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
        raise PictureError(
            f"a picture's numbers lie in [0, 1]; these go from {array.min():.3g} to {array.max():.3g}: "
            "undo the normalisation with to_image(x)"
        )
    return (array * 255).round().astype(np.uint8)


def _heat_figure(image, heatmaps, titles, alpha, vmax, label, suptitle, alt) -> LessonFigure:
    """The picture, then each heatmap over it, all heatmaps on one scale."""
    picture = as_array(image)
    heats = [_checked_heatmap(heatmap) for heatmap in heatmaps]
    titles = _checked_titles(titles, len(heats))
    top = _brightest(heats, vmax)
    panels = [picture] + [overlay(image, heat, alpha, top) for heat in heats]
    figure, axes = _grid(
        len(panels), len(panels), [picture.shape[0] / picture.shape[1]] * len(panels), suptitle
    )
    for axis, panel, title in zip(axes, panels, ["the picture", *titles], strict=True):
        axis.imshow(panel, cmap="gray", vmin=0, vmax=255)
        _label(axis, title)
    figure.colorbar(ScalarMappable(Normalize(0, top), HEAT_COLOURS), ax=axes, shrink=0.8, label=label)
    return _shown(figure, alt or _listing("A picture and heatmaps over it", suptitle, titles))


def _checked_map(values: np.ndarray | torch.Tensor) -> np.ndarray:
    array = torch.as_tensor(values).detach().cpu().double().numpy()
    if array.ndim != 2:
        raise PictureError(
            f"a map has the shape [H, W]; this one has {list(array.shape)}: pick one, as in m[0, 0]"
        )
    if not np.isfinite(array).all():
        raise PictureError("a map holds NaN or infinity: was something divided by zero?")
    return array


def _checked_heatmap(heatmap: np.ndarray | torch.Tensor) -> np.ndarray:
    heat = _checked_map(heatmap)
    if heat.min() < 0:
        raise PictureError("a heatmap has no negative values: show_maps(..., signed=True) shows signed maps")
    return heat


def _checked_titles(titles: Sequence[str] | None, count: int) -> list[str]:
    if count == 0:
        raise PictureError("there is nothing to show: give at least one picture or map")
    if titles is not None and len(titles) != count:
        raise PictureError(f"{count} pictures or maps with {len(titles)} titles: give one title each")
    return [""] * count if titles is None else [str(title) for title in titles]


def _fitted(heat: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The heatmap at the picture's shape; PictureError where their proportions differ."""
    if heat.shape == shape:
        return heat
    if abs(heat.shape[0] * shape[1] / heat.shape[1] - shape[0]) > 1 + shape[0] / min(heat.shape):
        raise PictureError(
            f"the heatmap is {heat.shape[0]}×{heat.shape[1]} and the picture {shape[0]}×{shape[1]}: "
            "show it on what the network saw, to_image(x)"
        )
    resized = Image.fromarray(heat.astype(np.float32)).resize(shape[::-1], Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.float64)


def _brightest(heats: Sequence[np.ndarray], vmax: float | None) -> float:
    """The value of the brightest colour; 1 where every heatmap is zero, so that the scale has a length."""
    return vmax or max(float(heat.max()) for heat in heats) or 1.0


def _scale(arrays: Sequence[np.ndarray], signed: bool) -> Normalize:
    low, high = min(float(a.min()) for a in arrays), max(float(a.max()) for a in arrays)
    if signed:
        high = max(abs(low), abs(high)) or 1.0
        low = -high
    return Normalize(low, high if high > low else low + 1.0)


def _grid(count: int, columns: int | None, proportions: list[float], suptitle: str, panel: float = PANEL):
    """A figure of `count` bare axes; panels as high as the tallest picture asks for."""
    columns = max(1, min(columns or 4, count))
    rows = math.ceil(count / columns)
    height = panel * min(max(proportions), 2.0) + 0.35
    figure = LessonFigure(
        figsize=(columns * panel + 0.6, rows * height + (0.4 if suptitle else 0)),
        dpi=DPI,
        layout="constrained",
    )
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.axis("off")
    if suptitle:
        figure.suptitle(suptitle)
    return figure, axes[:count]


def _label(axis, title: str) -> None:
    axis.set_title(title, fontsize=10, wrap=True)


def _listing(what: str, suptitle: str, titles: Sequence[str]) -> str:
    """Alt text for a figure whose author gave none: what it is and what it says of itself."""
    named = "; ".join(title for title in titles if title)
    return ". ".join(part for part in (suptitle, f"{what}: {named}" if named else what) if part) + "."


def compressed(figure: Figure) -> tuple[str, bytes]:
    """The figure as (media type, bytes): a 256-colour PNG or a JPEG, whichever is smaller."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", facecolor="white")
    drawn = Image.open(stream).convert("RGB")
    png, jpeg = io.BytesIO(), io.BytesIO()
    drawn.quantize(256, dither=Image.Dither.NONE).save(png, "PNG", optimize=True)
    drawn.save(jpeg, "JPEG", quality=JPEG_QUALITY, optimize=True, subsampling=0)
    if len(png.getvalue()) <= len(jpeg.getvalue()):
        return "image/png", png.getvalue()
    return "image/jpeg", jpeg.getvalue()


def _shown(figure: LessonFigure, alt: str) -> LessonFigure:
    """Put the figure on the page, with its alt text, where there is a page."""
    figure.alt = alt
    if "IPython" not in sys.modules:
        return figure
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        return figure
    media, content = compressed(figure)
    bundle = {media: base64.b64encode(content).decode("ascii"), "text/plain": alt}
    display(bundle, raw=True, metadata={media: {"alt": alt}})
    if "google.colab" in sys.modules or "JPY_SESSION_NAME" in os.environ:
        display({"text/html": f'<span style="{UNSEEN}">Figure: {html.escape(alt)}</span>'}, raw=True)
    return figure
