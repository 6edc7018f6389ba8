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
from asa_transport.files.user_file import data_of, top_of
from asa_transport.files.yamltext import Mapping
from asa_transport.model import Channel


def load(path: Path) -> tuple[Channel, ...]:
    """Return the channels in file order; relative paths start from the file's directory.

    Raises:
        NotifyError: Holds every problem, in file order.
    """
    top, checker = top_of(data_of(path, NotifyError), str(path), other_files.NOTIFY, NotifyError)
    # Brings pydantic, and importing that takes longer than most commands.
    from asa_transport.files import notify_file  # noqa: PLC0415

    channels = notify_file.read(top, checker, path.absolute().parent)
    if checker.problems:
        raise NotifyError(checker.problems)
    return channels


def names(path: Path) -> tuple[str, ...]:
    """Return what the channels are called, right or wrong as they may be; raises NotifyError as `load`."""
    root = yamltext.parse(data_of(path, NotifyError), file=str(path)).root
    channels = root.get("channels") if isinstance(root, Mapping) else None
    return tuple(entry.key.text for entry in channels.entries) if isinstance(channels, Mapping) else ()
