"""Read `notify.yaml`: the channels that are told of a run.

    channels:
      on-call:
        kind: webhook
        url: {env: ASA_TRANSPORT_WEBHOOK_URL}
        key: {file: webhook.key}

Guarantees every problem of the file at once, with its line and column.  Obtains no secret and contacts
nothing.

Source: docs/notifications.md; `notify_file.py` has the form.
"""

from __future__ import annotations

from pathlib import Path

from asa_transport.errors import NotifyError
from asa_transport.files import other_files, yamltext
from asa_transport.files.checker import Checker, why_unreadable
from asa_transport.files.regular_file import read_plain
from asa_transport.files.yamltext import Mapping
from asa_transport.model import Channel, Problem


def load(path: Path) -> tuple[Channel, ...]:
    """Return the channels in file order; relative paths start from the file's directory.

    Raises:
        NotifyError: Holds every problem, in file order.
    """
    document = _document(path)
    checker = Checker(str(path), document.problems)
    channels: tuple[Channel, ...] = ()
    root = document.root
    top = None if root is None else other_files.top(checker, root, other_files.NOTIFY)
    if top is not None:
        # Brings pydantic, and importing that takes longer than most commands.
        from asa_transport.files import notify_file  # noqa: PLC0415

        channels = notify_file.read(top, checker, path.absolute().parent)
    if checker.problems:
        raise NotifyError(checker.problems)
    return channels


def names(path: Path) -> tuple[str, ...]:
    """Return what the channels are called, right or wrong as they may be; raises NotifyError as `load`."""
    root = _document(path).root
    channels = root.get("channels") if isinstance(root, Mapping) else None
    return tuple(entry.key.text for entry in channels.entries) if isinstance(channels, Mapping) else ()


def _document(path: Path) -> yamltext.Document:
    try:
        return yamltext.parse(read_plain(path, yamltext.MAX_BYTES + 1), file=str(path))
    except (OSError, ValueError) as error:
        raise NotifyError((Problem(file=str(path), message=why_unreadable(error)),)) from error
