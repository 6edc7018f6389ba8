"""Open `notify.yaml` and return its channels.

Guarantees every problem of the file at once, with its line and column.  Obtains no secret and
contacts nothing.
"""

from __future__ import annotations

from pathlib import Path

from asa_transport.errors import NotifyError
from asa_transport.model import Channel, Problem
from asa_transport.userfiles import yamltext
from asa_transport.userfiles.notify_fields import ChannelsReader
from asa_transport.userfiles.yamlcheck import Checker, why_unreadable


def load(path: Path) -> tuple[Channel, ...]:
    """Return the channels in file order; relative paths start from the file's directory.

    Raises:
        NotifyError: Holds every problem, in file order.
    """

    def resolved(text: str) -> Path:
        try:
            return path.absolute().parent / Path(text).expanduser()
        except RuntimeError:
            raise ValueError("there is no such home directory; write the path out") from None

    try:
        with path.open("rb") as file:
            document = yamltext.parse(file.read(yamltext.MAX_BYTES + 1), file=str(path))
    except (OSError, ValueError) as error:
        raise NotifyError((Problem(file=str(path), message=why_unreadable(error)),)) from error
    checker = Checker(str(path), document.problems)
    channels = () if document.root is None else ChannelsReader(checker, resolved).read(document.root)
    if checker.problems:
        raise NotifyError(checker.problems)
    return channels
