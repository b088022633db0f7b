"""A person's mistake is one line and an exit status, never a traceback."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console

from .course import CourseError
from .inbox import speakable

say = Console(stderr=True)


class Unusable(Exception):
    """Arguments that cannot be used: exit status 2."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what a person can mend into one line and an exit status."""
    from .sandbox.client import TemplateFailed
    from .sandbox.levels import SandboxUnavailable

    try:
        yield
    except Unusable as error:
        complain(str(error))
        raise typer.Exit(2) from None
    except (CourseError, SandboxUnavailable, TemplateFailed) as error:
        complain(str(error))
        raise typer.Exit(1) from None
    except BrokenPipeError:
        raise  # nobody reads on, as under `| head`; typer ends quietly
    except OSError as error:
        complain(about_file(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        complain("stopped; what is marked is kept, the same command goes on from here.")
        raise typer.Exit(1) from None


def complain(line: str) -> None:
    """One line on the error stream, not broken to the window's width."""
    tell(f"autograder: {line}")


def tell(line: str) -> None:
    """One line on the error stream as it stands."""
    say.print(speakable(line), highlight=False, markup=False, soft_wrap=True)


def about_file(error: OSError) -> str:
    """What the system refused in one line: which file, why, the remedy."""
    # Where one file should take another's place, the second is the one that a person knows.
    name = error.filename2 or error.filename
    reason = error.strerror or str(error) or type(error).__name__
    if not isinstance(name, str | Path):
        return f"A file cannot be read or written: {reason}. {_remedy(error)}"
    path = Path(name)
    blocking = _file_in_the_way(path)
    if blocking is not None and isinstance(error, NotADirectoryError | FileExistsError):
        return f"{blocking} is a file where a folder should be. Move it away."
    return f"{path} cannot be read or written: {reason}. {_remedy(error)}"


def _file_in_the_way(path: Path) -> Path | None:
    return next((place for place in (path, *path.parents) if place.is_file()), None)


def _remedy(error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return "Move the folder away, or name a file."
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return "Give yourself the right to it, or choose another place."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room and try again; what is marked is kept."
    return "See that its folder is there and may be written to, or choose another place."
