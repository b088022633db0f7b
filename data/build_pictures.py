"""Rebuild the bundled pictures and their manifest from the packages that hold the originals.

    python data/build_pictures.py            writes photographs/, cutouts/ and pictures.json
    python data/build_pictures.py --check    compares a fresh build with what is here, changes nothing

`sources.toml` says which pictures and whose they are. The originals come from the installed scikit-image and
scikit-learn and from the Debian package tuxpaint-stamps-default. The same versions of those and of Pillow
give the same bytes; `pictures.json` records them.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path

from PIL import Image, features

HERE = Path(__file__).resolve().parent
STAMPS_PACKAGE = "tuxpaint-stamps-default"
STAMPS = Path("/usr/share/tuxpaint/stamps")
PHOTOGRAPH_FOLDERS = {"scikit-image": ("skimage", "data"), "scikit-learn": ("sklearn", "datasets/images")}
PHOTOGRAPH_SIDE = 512
CUTOUT_SIDE = 256
# Fainter than this an edge pixel is a leftover of the original background, and would widen the crop.
FAINTEST_ALPHA = 16
WEBP = {"format": "WEBP", "quality": 84, "method": 4}


class BuildError(Exception):
    """The pictures cannot be rebuilt here; the message says what is missing and how to get it."""


def photograph(source: Path) -> Image.Image:
    """The picture in RGB, its longer side at most 512 pixels."""
    image = Image.open(source).convert("RGB")
    image.thumbnail((PHOTOGRAPH_SIDE, PHOTOGRAPH_SIDE), Image.Resampling.LANCZOS, reducing_gap=None)
    return image


def cutout(source: Path) -> Image.Image:
    """The stamp in RGBA, cropped to what is visible, its longer side at most 256 pixels."""
    image = Image.open(source).convert("RGBA")
    alpha = image.getchannel("A").point(lambda a: a if a >= FAINTEST_ALPHA else 0)
    image.putalpha(alpha)
    image = image.crop(alpha.getbbox())
    # Pillow scales RGBA with premultiplied alpha, so no colour of hidden pixels bleeds into the edge.
    image.thumbnail((CUTOUT_SIDE, CUTOUT_SIDE), Image.Resampling.LANCZOS, reducing_gap=None)
    return image


def stamp_version() -> str:
    """The installed version of the Debian package, or "unknown" where there is no dpkg."""
    command = ["dpkg-query", "--show", "--showformat=${Version}", STAMPS_PACKAGE]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def original(package: str, name: str, stamps: Path) -> Path:
    """Where an original lies; raises `BuildError` naming the package to install where it does not."""
    if package == STAMPS_PACKAGE:
        path, remedy = stamps / name, f"apt-get install {STAMPS_PACKAGE}, or give its folder with --stamps"
    else:
        module, folder = PHOTOGRAPH_FOLDERS[package]
        remedy = f"pip install {package}"
        try:
            path = Path(str(resources.files(module))) / folder / name
        except ModuleNotFoundError:
            raise BuildError(f"{package} is not installed: {remedy}") from None
    if not path.is_file():
        raise BuildError(f"{package} has no {name} here: {remedy}")
    return path


def built(sources: dict, stamps: Path) -> Iterator[tuple[dict, bytes]]:
    """Every picture's entry in the manifest, with the bytes of its file."""
    plans = [("photograph", "photographs", photograph, entry) for entry in sources["photographs"]]
    plans += [
        ("cutout", "cutouts", cutout, entry | {"package": STAMPS_PACKAGE}) for entry in sources["cutouts"]
    ]
    for kind, folder, make, entry in plans:
        image = make(original(entry["package"], entry["file"], stamps))
        stream = io.BytesIO()
        image.save(stream, **WEBP)
        content = stream.getvalue()
        credit = sources["credits"][entry["credit"]]
        yield (
            {
                "name": entry["name"],
                "file": f"{folder}/{entry['name']}.webp",
                "kind": kind,
                "group": entry["group"],
                "classes": entry["classes"],
                "title": entry["title"],
                "alt": entry["alt"],
                "author": credit["author"],
                "licence": credit["licence"],
                **({"note": credit["note"]} if "note" in credit else {}),
                "source": f"{entry['package']}: {entry['file']}",
                "size": list(image.size),
                "sha256": hashlib.sha256(content).hexdigest(),
            },
            content,
        )


def manifest_text(entries: list[dict]) -> str:
    """The manifest as JSON, one picture a line so that a change is easy to see."""
    versions = {
        "Pillow": metadata.version("pillow"),
        "libwebp": features.version("webp"),
        "scikit-image": metadata.version("scikit-image"),
        "scikit-learn": metadata.version("scikit-learn"),
        STAMPS_PACKAGE: stamp_version(),
    }
    lines = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    return f'{{\n  "built_with": {json.dumps(versions)},\n  "pictures": [\n{lines}\n  ]\n}}\n'


def differences(fresh: dict[str, bytes]) -> list[str]:
    """One line for each file that is missing, different or no longer wanted."""
    present = {
        path.relative_to(HERE).as_posix()
        for folder in ("photographs", "cutouts")
        for path in (HERE / folder).glob("*")
    }
    lines = [f"{name}: no longer in sources.toml" for name in sorted(present - fresh.keys())]
    for name, content in fresh.items():
        path = HERE / name
        if not path.is_file():
            lines.append(f"{name}: missing")
        elif path.read_bytes() != content:
            lines.append(f"{name}: differs from a fresh build")
    return lines


def write(fresh: dict[str, bytes]) -> None:
    """Put the files in place and remove pictures that are no longer wanted."""
    for folder in ("photographs", "cutouts"):
        (HERE / folder).mkdir(exist_ok=True)
        for path in (HERE / folder).glob("*.webp"):
            if path.relative_to(HERE).as_posix() not in fresh:
                path.unlink()
    for name, content in fresh.items():
        (HERE / name).write_bytes(content)


def main(arguments: list[str] | None = None) -> int:
    """Rebuild or check; returns the exit status."""
    parser = argparse.ArgumentParser(description="Rebuild the bundled pictures from their packages.")
    parser.add_argument(
        "--check", action="store_true", help="compare a fresh build with the files, write nothing"
    )
    parser.add_argument(
        "--stamps", type=Path, default=STAMPS, help="folder of the stamps (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    sources = tomllib.loads((HERE / "sources.toml").read_text(encoding="utf-8"))
    try:
        pictures = list(built(sources, options.stamps))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    fresh = {entry["file"]: content for entry, content in pictures}
    fresh["pictures.json"] = manifest_text([entry for entry, _ in pictures]).encode()
    if options.check:
        lines = differences(fresh)
        print("\n".join(lines) if lines else f"{len(pictures)} pictures agree with a fresh build")
        return 1 if lines else 0
    write(fresh)
    print(f"{len(pictures)} pictures, {sum(map(len, fresh.values())) / 2**20:.2f} MiB with the manifest")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
