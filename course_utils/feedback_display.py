"""Show outcomes, hints and tables in a notebook: HTML that follows its theme, plain text everywhere else."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Sequence

from course_utils.outcomes import ItemOutcome, Status, TaskOutcome

# Half-transparent tints and inherited text colour read well on white, on dark and in Colab alike. The hues
# are those of Okabe and Ito's colour-blind-safe set; symbol and words say the same without colour.
_HUES = {
    Status.PASSED: "0,158,115",
    Status.PARTIAL: "230,159,0",
    Status.FAILED: "213,94,0",
    Status.ERROR: "213,94,0",
    Status.TIMEOUT: "213,94,0",
    Status.CRASHED: "213,94,0",
    Status.NOT_ATTEMPTED: "128,128,128",
    Status.NEEDS_PERSON: "86,180,233",
}
_INFO = "86,180,233"


class Shown(TaskOutcome):
    """An outcome that has been displayed: as the last value of a cell it is not shown a second time."""

    def _ipython_display_(self) -> None:
        return None


def show_outcome(outcome: TaskOutcome, note: str = "") -> Shown:
    """Display an outcome, with ``note`` below it, and return it in a form that is not displayed again."""
    publish(outcome_html(outcome, note), outcome_text(outcome, note))
    return Shown(outcome.task, outcome.status, outcome.earned, outcome.possible, outcome.items)


def show_note(title: str, text: str) -> None:
    """Display a short text under a title (hints, what to do to hand in)."""
    body = "".join(f"<p style='margin:.4em 0 0 0'>{_inline(part)}</p>" for part in text.split("\n") if part)
    publish(_box(_INFO, f"<b>{_inline(title)}</b>{body}"), f"{title}\n{text}")


def show_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """Display a small table of texts."""
    cell = "style='text-align:left;padding:.15em 1.2em .15em 0;background:none'"
    head = "".join(f"<th {cell}>{_inline(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td {cell}>{_inline(v)}</td>" for v in row) + "</tr>" for row in rows)
    table = (
        f"<table style='color:inherit;border-collapse:collapse;margin:.4em 0'><tr>{head}</tr>{body}</table>"
    )
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [
        "  ".join(v.ljust(w) for v, w in zip(row, widths, strict=True)).rstrip() for row in [header, *rows]
    ]
    below = f"<div>{_inline(note)}</div>" if note else ""
    publish(
        _box(_INFO, f"<b>{_inline(title)}</b>{table}{below}"),
        "\n".join([title, *lines, *filter(None, [note])]),
    )


def outcome_html(outcome: TaskOutcome, note: str = "") -> str:
    """An outcome as self-contained HTML: inline styles, all text escaped, `code` between backticks."""
    items = "".join(
        f"<li style='margin:.25em 0;list-style:none'>{_item_html(item)}</li>" for item in outcome.items
    )
    below = f"<div style='opacity:.75;font-size:.92em'>{_inline(note)}</div>" if note else ""
    listing = f"<ul style='margin:.4em 0;padding-left:.4em'>{items}</ul>"
    return _box(_HUES[outcome.status], f"<b>{_inline(_heading(outcome))}</b>{listing}{below}")


def outcome_text(outcome: TaskOutcome, note: str = "") -> str:
    """An outcome as plain text."""
    lines = [_heading(outcome).replace("`", "")]
    for item in outcome.items:
        lines.append(f"  {item.status.symbol} {item.name}" + (f": {item.message}" if item.message else ""))
    return "\n".join([*lines, *([note] if note else [])])


def publish(as_html: str, as_text: str) -> None:
    """Send both forms to the notebook, or print the text where there is none."""
    # IPython is no requirement of a plain script that runs a lesson's code: look, do not import.
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display({"text/html": as_html, "text/plain": as_text}, raw=True)
    else:
        print(as_text)


def _heading(outcome: TaskOutcome) -> str:
    passed = sum(item.status is Status.PASSED for item in outcome.items)
    counted = ""
    if len(outcome.items) > 1:
        counted = f" ({passed} of {len(outcome.items)} checks pass)"
    return f"{outcome.status.symbol} `{outcome.task}`: {outcome.status.words}{counted}"


def _item_html(item: ItemOutcome) -> str:
    mark = f"<span style='color:rgb({_HUES[item.status]});font-weight:bold'>{item.status.symbol}</span>"
    message = f"<br><span style='padding-left:1.3em;display:inline-block'>{_inline(item.message)}</span>"
    return f"{mark} {_inline(item.name)}{message if item.message else ''}"


def _box(hue: str, inner: str) -> str:
    return (
        f"<div style='border-left:4px solid rgb({hue});background:rgba({hue},.10);color:inherit;"
        f"padding:.5em .9em;margin:.3em 0;border-radius:3px;line-height:1.45;max-width:60em'>{inner}</div>"
    )


def _inline(text: str) -> str:
    return re.sub(
        r"`([^`]+)`", r"<code style='background:none;color:inherit'>\1</code>", html.escape(str(text))
    )
