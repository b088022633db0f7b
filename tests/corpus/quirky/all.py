"""All quirky notebooks."""

from __future__ import annotations

from . import code, formats, layout

FAMILIES = {"formats": formats.QUIRKS, "layout": layout.QUIRKS, "code": code.QUIRKS}
