"""Pretrained weights' files: where torch's hub keeps them, and fetching one that is not there yet."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlparse

import requests
import torch

CONNECT_SECONDS = 3
READ_SECONDS = 15
TOTAL_SECONDS = 900
CHUNK_BYTES = 1 << 20
USER_AGENT = "seeing-what-cnns-see/1.0 (course notebook; python-requests)"


class DownloadError(Exception):
    """A weights file could not be fetched; the message is one short phrase: why."""


def cache_path(url: str) -> Path:
    """Where `torch.hub` (and so torchvision) looks for the file behind `url`; it need not exist."""
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name


def offline() -> bool:
    """True where the environment variable COURSE_OFFLINE forbids the network (any value but empty or 0)."""
    return os.environ.get("COURSE_OFFLINE", "0") not in ("", "0")


def fetch(url: str, timeout: float = TOTAL_SECONDS) -> Path:
    """Download `url` into torch's hub cache under its official name, unless it is there already.

    The name carries the first digits of the file's SHA-256 (`resnet18-f37072fd.pth`); they are checked before
    the file gets its name, so that a broken download never looks like a whole one.

    Returns the file's path. Raises DownloadError when the network is forbidden or out of reach, the server
    refuses, the hash differs, or `timeout` seconds have passed.
    """
    path = cache_path(url)
    if path.is_file():
        return path
    if offline():
        raise DownloadError("COURSE_OFFLINE is set")
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            digest = _stream(url, file, time.monotonic() + timeout)
        expected = re.search(r"-([0-9a-f]{8,})\.", path.name)
        if expected and not digest.startswith(expected.group(1)):
            raise DownloadError(f"what arrived is broken, its SHA-256 starts with {digest[:8]}")
        temporary.chmod(0o644)
        temporary.replace(path)
    except requests.RequestException as error:
        raise DownloadError(_reason(error)) from None
    except OSError as error:
        raise DownloadError(f"{path.parent}: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def _stream(url: str, file: BinaryIO, deadline: float) -> str:
    """Write what `url` sends into `file`; return its SHA-256 in hex."""
    digest = hashlib.sha256()
    with requests.get(
        url,
        stream=True,
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        headers={"User-Agent": USER_AGENT},
    ) as response:
        response.raise_for_status()
        for chunk in response.iter_content(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
            if time.monotonic() > deadline:
                raise requests.Timeout("too slow")
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    """A request's failure in a few words: a raw connection error is a paragraph."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    name = type(error).__name__
    return {
        "ConnectTimeout": "no answer in time",
        "ReadTimeout": "no answer in time",
        "Timeout": "too slow",
    }.get(name, "no connection")
