"""Pictures: the bundled ones, a student's own, and the way into a network's input and back."""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import time
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import requests
import torch
from PIL import Image, ImageOps
from torchvision.models import ResNet18_Weights
from torchvision.transforms import functional

from course_utils import __version__
from course_utils.files import MANIFEST, data_dir

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

USER_AGENT = f"SeeingWhatCNNsSee/{__version__} (course notebooks) python-requests/{requests.__version__}"
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 10, 20, 60
# Formats that Pillow decodes itself; EPS, for one, would start another program.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")


class PictureError(Exception):
    """A picture cannot be had or shown; the message is one line: what, where, and the next step."""


@dataclass(frozen=True)
class Picture:
    """What is known of a bundled picture.

    name: what `load_picture` takes. file: relative to the data folder. kind: "photograph" or "cutout". group:
    for cut-outs waterbird, landbird, mammal, small_animal, food, plant, vehicle, object or space. classes:
    the ImageNet classes that it shows, by torchvision's names, most specific first. size: (width, height) in
    pixels.
    """

    name: str
    file: str
    kind: str
    group: str
    classes: tuple[str, ...]
    title: str
    alt: str
    author: str
    licence: str
    source: str
    size: tuple[int, int]
    sha256: str
    note: str = ""


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Picture]:
    """Every bundled picture by its name, in the manifest's order."""
    entries = json.loads((data_dir() / MANIFEST).read_text(encoding="utf-8"))["pictures"]
    return {
        entry["name"]: Picture(**entry | {"classes": tuple(entry["classes"]), "size": tuple(entry["size"])})
        for entry in entries
    }


def list_pictures(kind: str | None = None, group: str | None = None) -> list[str]:
    """Names of the bundled pictures, of one kind and one group where given.

    Raises PictureError for a kind or group that no picture has.
    """
    pictures = catalogue().values()
    for word, value in (("kind", kind), ("group", group)):
        known = sorted({getattr(p, word) for p in pictures})
        if value is not None and value not in known:
            raise PictureError(f"no picture is of {word} {value!r}: use one of {', '.join(known)}")
    return [p.name for p in pictures if kind in (None, p.kind) and group in (None, p.group)]


def picture_info(name: str) -> Picture:
    """Title, alt text, author, licence and classes of a bundled picture; PictureError for an unknown name."""
    known = catalogue()
    if name not in known:
        close = difflib.get_close_matches(str(name).lower().replace(" ", "_"), known, n=3, cutoff=0.5)
        remedy = f"did you mean {' or '.join(close)}?" if close else "list_pictures() gives all names"
        raise PictureError(f"no bundled picture is called {name!r}: {remedy}")
    return known[name]


def load_picture(name: str) -> Image.Image:
    """A bundled picture: RGB for a photograph, RGBA for a cut-out.

    Raises PictureError for an unknown name, and where the file is missing or differs from its SHA-256.
    """
    info = picture_info(name)
    path = data_dir() / info.file
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != info.sha256:
        state = "is damaged" if content else "is missing"
        raise PictureError(f"the file of {name!r} {state} ({path}): install or check out the course again")
    return Image.open(io.BytesIO(content)).convert("RGBA" if info.kind == "cutout" else "RGB")


def open_picture(path: str | Path) -> Image.Image:
    """A picture file of your own in RGB, turned upright. Raises PictureError where that is impossible."""
    path = Path(path).expanduser()
    if path.is_dir():
        raise PictureError(f"{path} is a folder: give the path of one picture in it")
    if not path.is_file():
        raise PictureError(
            f"there is no file {path}: check the name, and the folder you work in ({Path.cwd()})"
        )
    if path.stat().st_size > MAX_BYTES:
        raise PictureError(f"{path} is larger than {MAX_BYTES // 2**20} MB: make the picture smaller first")
    try:
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise PictureError(f"{path} cannot be read ({error.strerror}): check its permissions") from None


def upload() -> Image.Image:
    """Ask for a picture file in Colab and give it in RGB; PictureError outside Colab and without a file."""
    try:
        from google.colab import files
    except ImportError:
        raise PictureError(
            "upload() works in Colab: here, use open_picture('path/of/your/picture.jpg')"
        ) from None
    chosen = files.upload()
    if not chosen:
        raise PictureError("no file was chosen: run the cell again and pick a picture")
    name, content = next(iter(chosen.items()))
    if len(content) > MAX_BYTES:
        raise PictureError(f"{name} is larger than {MAX_BYTES // 2**20} MB: make the picture smaller first")
    return decode(content, name)


def from_url(url: str) -> Image.Image:
    """A picture from the web in RGB, turned upright; at most 20 MB and 50 megapixels.

    Raises PictureError, always with one line, whatever goes wrong on the way.
    """
    url = str(url).strip()
    if not url.lower().startswith(("http://", "https://")):
        raise PictureError(f"{url!r} is no web address: it has to begin with http:// or https://")
    try:
        content, came = _download(url)
    except requests.Timeout:
        raise PictureError(f"{url} did not answer in time: try again, or another picture") from None
    except requests.exceptions.SSLError:
        raise PictureError(f"{url} has no valid certificate: use a picture from another site") from None
    except requests.ConnectionError:
        raise PictureError(f"{url} cannot be reached: check the address and the network") from None
    except (requests.RequestException, ValueError) as error:
        raise PictureError(f"{url} cannot be loaded ({type(error).__name__}): check the address") from None
    return decode(content, url, came)


def _download(url: str) -> tuple[bytes, str]:
    """The body and its declared type; the size is enforced on what arrives, after any decompression."""
    deadline = time.monotonic() + TOTAL_SECONDS
    headers = {"User-Agent": USER_AGENT, "Accept": "image/*"}
    with requests.get(url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
        if response.status_code != 200:
            raise PictureError(
                f"{url} answered {response.status_code} {response.reason or ''}".rstrip()
                + ": open it in a browser to see why, or use another picture"
            )
        parts, size = [], 0
        for part in response.iter_content(2**16):
            size += len(part)
            if size > MAX_BYTES:
                raise PictureError(f"{url} is larger than {MAX_BYTES // 2**20} MB: use a smaller picture")
            if time.monotonic() > deadline:
                raise requests.Timeout
            parts.append(part)
        return b"".join(parts), response.headers.get("Content-Type", "").split(";")[0]


def decode(content: bytes, where: str, came: str = "") -> Image.Image:
    """Bytes → RGB picture, turned as its EXIF says, transparency laid on white.

    where: named in messages. came: the declared media type, named too where the bytes are no picture. Raises
    PictureError for bytes that are no picture, a damaged picture, or more than 50 megapixels.
    """
    Image.init()
    try:
        with warnings.catch_warnings():
            # The size is checked below, before a pixel is decoded; Pillow's own warning would come first.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content), formats=[name for name in FORMATS if name in Image.OPEN])
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            image = ImageOps.exif_transpose(image)
            image.load()
    except Image.DecompressionBombError:
        raise PictureError(
            f"{where} has more than {MAX_PIXELS // 10**6} megapixels: use a smaller one"
        ) from None
    except Image.UnidentifiedImageError:
        declared = f" ({came} came back)" if came else ""
        raise PictureError(f"{where} is no picture{declared}: use a JPEG, PNG or WebP file") from None
    except Exception as error:  # a damaged file makes Pillow's decoders raise nearly anything
        raise PictureError(
            f"{where} is a damaged picture ({type(error).__name__}): use another file"
        ) from None
    return on_white(image)


def on_white(image: Image.Image) -> Image.Image:
    """The picture in RGB; where it is transparent, white shows."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def preprocess(image: Image.Image, size: int = 224) -> torch.Tensor:
    """PIL picture → [1, 3, size, size], float32, normalised with ImageNet's mean and standard deviation.

    torchvision's own classic pipeline: the shorter side to size·256/224, then the centre. A network with
    another mean and standard deviation brings its own (`Backbone.preprocess`).
    """
    resize = round(size * 256 / 224)
    return ResNet18_Weights.IMAGENET1K_V1.transforms(crop_size=size, resize_size=resize)(on_white(image))[
        None
    ]


def preprocess_mask(mask: np.ndarray, size: int = 224) -> np.ndarray:
    """A picture's mask, bool [H, W] → the mask of what `preprocess` makes of it, bool [size, size]."""
    image = torch.as_tensor(np.asarray(mask))[None].to(torch.uint8)
    resized = functional.resize(image, [round(size * 256 / 224)], functional.InterpolationMode.NEAREST_EXACT)
    return functional.center_crop(resized, [size])[0].bool().numpy()


def normalise(
    image: Image.Image,
    mean: tuple[float, float, float] = IMAGENET_MEAN,
    std: tuple[float, float, float] = IMAGENET_STD,
) -> torch.Tensor:
    """PIL picture → [1, 3, H, W], float32, normalised but neither scaled nor cropped: masks stay exact."""
    return functional.normalize(functional.to_tensor(on_white(image)), list(mean), list(std))[None]


def to_image(
    x: torch.Tensor | np.ndarray,
    mean: tuple[float, float, float] = IMAGENET_MEAN,
    std: tuple[float, float, float] = IMAGENET_STD,
) -> Image.Image:
    """The picture that a network saw: normalised [1, 3, H, W] or [3, H, W] → PIL RGB, H×W.

    mean, std: what the picture was normalised with (`Backbone.mean`, `Backbone.std`). Values outside [0, 1]
    after undoing it are clipped. Raises PictureError for any other shape.
    """
    x = torch.as_tensor(x).detach().cpu().float()
    x = x[0] if x.ndim == 4 and len(x) == 1 else x
    if x.ndim != 3 or x.shape[0] != 3:
        raise PictureError(
            f"to_image takes [1, 3, H, W] or [3, H, W]; it got {list(x.shape)}: pick one with x[i]"
        )
    pixels = x * torch.tensor(std).view(3, 1, 1) + torch.tensor(mean).view(3, 1, 1)
    return Image.fromarray((pixels.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy())
