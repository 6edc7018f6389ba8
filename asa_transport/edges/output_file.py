"""Write a result where the user wants it, and nothing where it did not become whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from asa_transport.errors import UserError


@contextmanager
def opened(output: Path | None, otherwise: IO[str]) -> Iterator[IO[str]]:
    """Give `otherwise`, or a file that appears under its name only when it is whole.

    Raises:
        UserError: It cannot be written.
    """
    if output is None:
        yield otherwise
        return
    with _whole(output) as file:
        yield file


def write_text(output: Path, text: str) -> None:
    """Write a file that appears under its name only when it is whole; raise UserError where it cannot be."""
    try:
        with _whole(output) as file:
            file.write(text)
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error


@contextmanager
def _whole(output: Path) -> Iterator[IO[str]]:
    # `/dev/null` or a named pipe is written, not replaced: a file in its place is no use to anybody.
    is_special = output.exists() and not output.is_file()
    try:
        if is_special:
            file, temporary = output.open("w", encoding="utf-8"), None
        else:
            descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
            file, temporary = os.fdopen(descriptor, "w", encoding="utf-8"), Path(name)
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error
    try:
        with file:
            yield file
        if temporary is not None:
            temporary.replace(output)
    except BaseException:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise
