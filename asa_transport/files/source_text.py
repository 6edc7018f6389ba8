"""Read the text of another program's file, and say in one way what is wrong with it.

No line of such a file is ever shown: it may hold a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from asa_transport.errors import InventoryError
from asa_transport.files.checker import why_unreadable
from asa_transport.files.regular_file import read_plain
from asa_transport.files.yamltext import MAX_BYTES
from asa_transport.model import Problem


def refused(where: str, message: str, line: int | None = None) -> InventoryError:
    """Return the error of a file that cannot be used."""
    column = None if line is None else 1
    return InventoryError((Problem(file=where, line=line, column=column, message=message),))


def bytes_of(where: str) -> bytes:
    """Return what is in a file.

    Raises:
        InventoryError: It cannot be read, or is larger than an inventory is.
    """
    try:
        data = read_plain(Path(where), MAX_BYTES + 1, or_piped=True)
    except (OSError, ValueError) as error:
        raise refused(where, why_unreadable(error)) from error
    if len(data) > MAX_BYTES:
        raise refused(where, f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB; split it")
    return data


def text_of(where: str) -> str:
    """Return the text of a file, without its byte order mark.

    Raises:
        InventoryError: It cannot be read, or is not UTF-8.
    """
    data = bytes_of(where)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refused(where, "this is not UTF-8; save it as UTF-8", line) from None


def lines_of(where: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number, but for those that are empty or a comment.

    Raises:
        InventoryError: As of `text_of`.
    """
    for number, line in enumerate(text_of(where).splitlines(), 1):
        if (text := line.strip()) and not text.startswith("#"):
            yield number, text
