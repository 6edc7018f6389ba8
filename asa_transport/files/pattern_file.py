"""Read a file of patterns: `-l @FILE`."""

from __future__ import annotations

from pathlib import Path

from asa_transport.errors import SelectionError, in_words


def read_pattern_file(name: str) -> str:
    """Return the text of a `-l @FILE`; a `~` is ours to expand, because no shell does it behind the `@`.

    Raises:
        SelectionError: It cannot be read.
    """
    try:
        return Path(name).expanduser().read_text(encoding="utf-8")
    except RuntimeError as error:
        raise SelectionError(f"-l @{name}: there is no such home directory") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SelectionError(f"-l @{name}: cannot be read: {in_words(error)}") from error
