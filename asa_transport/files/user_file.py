"""Open one of the user's files: its bytes, and the map at its top.

Guarantees that what keeps it from being read is a problem of that file like any other.
"""

from __future__ import annotations

from pathlib import Path

from asa_transport.errors import ProblemsError
from asa_transport.files import other_files, yamltext
from asa_transport.files.checker import Checker, why_unreadable
from asa_transport.files.other_files import FileKind
from asa_transport.files.regular_file import read_plain
from asa_transport.model import Problem


def data_of(path: Path, error: type[ProblemsError]) -> bytes:
    """Return what is in a file; more than any such file has is cut.

    Raises:
        ProblemsError: Of that kind: it cannot be read.
    """
    try:
        return read_plain(path, yamltext.MAX_BYTES + 1)
    except (OSError, ValueError) as why:
        raise error((Problem(file=str(path), message=why_unreadable(why)),)) from why


def top_of(
    data: bytes, file: str, kind: FileKind, error: type[ProblemsError]
) -> tuple[yamltext.Mapping, Checker]:
    """Return the map at the top of a file, and the checker that holds what is wrong already.

    Raises:
        ProblemsError: Of that kind: there is no such map.
    """
    document = yamltext.parse(data, file=file)
    checker = Checker(file, document.problems)
    top = None if document.root is None else other_files.top(checker, document.root, kind)
    if top is None:
        raise error(checker.problems)
    return top, checker
