"""Text that came from a student, made fit to be shown: no terminal codes, no reordering, no local paths.

HTML escaping is not done here: it is the template's (jinja2's autoescape) or :func:`html.escape`'s work, at
the place where the text becomes HTML.
"""

from __future__ import annotations

import re
import unicodedata

from nbconvert.filters.ansi import strip_ansi

BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the order in which their neighbours are shown (Unicode Annex 9)."""

_PATH = re.compile(r"(?<![\w./:])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\:'\"<>|()]+[/\\])+([^\s/\\:'\"<>|()]*)")


def plain(text: object, limit: int = 1500) -> str:
    """Readable text: no ANSI codes, no control or bidi characters, at most ``limit`` characters.

    Args:
        text: anything; it is turned into a string.
        limit: characters kept; what is cut off is said so.
    """
    shown = strip_ansi(str(text)[: 4 * limit])
    shown = "".join(
        character
        for character in shown.replace("\r\n", "\n").replace("\r", "\n")
        if character in "\n\t"
        or (character not in BIDI_CONTROLS and unicodedata.category(character) not in ("Cc", "Cs"))
    ).strip()
    return shown if len(shown) <= limit else shown[:limit].rstrip() + " … (shortened)"


def without_paths(text: str) -> str:
    """The text with absolute paths cut down to their last part, so that nothing of this machine is told."""
    return _PATH.sub(lambda match: "…/" + match.group(1), text)


def number(value: float) -> str:
    """A mark as people write it: ``3``, ``2.5``, ``0.67``."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
