"""Read a file of patterns: `-l @FILE`."""

from __future__ import annotations

from pathlib import Path

from asa_transport.errors import SelectionError, in_words
from asa_transport.files.regular_file import check_no_pipe


def read_pattern_file(name: str) -> str:
    """Return the text of a `-l @FILE`; a `~` is ours to expand, because no shell does it behind the `@`.

    Raises:
        SelectionError: It cannot be read.
    """
    try:
        path = Path(name).expanduser()
        check_no_pipe(path)
        return path.read_text(encoding="utf-8")
    except RuntimeError as error:
        raise SelectionError(f"-l @{name}: there is no such home directory") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SelectionError(f"-l @{name}: cannot be read: {in_words(error)}") from error
