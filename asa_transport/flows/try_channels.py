"""Send a test message to each channel of a file, so that the first real one is not the first one.

Contacts no firewall and reads no inventory.  What keeps one channel from being told, a secret that is
not there as well, keeps no other.  Each is tried once: a person waits.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from asa_transport.core.reports.notification import of_test
from asa_transport.edges.secrets.credentials import Ask
from asa_transport.errors import UserError
from asa_transport.files import notify
from asa_transport.files.checker import nearest, quoted
from asa_transport.flows.notify import DeliveryResult, Notifier, kind_of, ready
from asa_transport.model import Channel, Interest, Notice


def send_tests(
    file: Path, names: Sequence[str], *, ask: Ask | None, by: str, at: datetime
) -> Iterator[DeliveryResult]:
    """Tell each channel, in the order of the file, and yield how that ended.

    Args:
        names: Only these channels; without any, all.
        ask: Puts a question for a secret to a person; `None` where nobody can be asked.
        by: Who sends it, for who reads it.
        at: Now.

    Raises:
        UserError: The file is not usable, or has no channel of that name; nobody was told.
    """
    channels = _chosen(file, names)
    run_id = f"test-{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    for channel in channels:
        try:
            line = ready(_once(channel), ask=ask)
        except UserError as error:
            own = f"channel {channel.name}: "
            said = "; ".join(text.removeprefix(own) for text in str(error).splitlines())
            yield DeliveryResult(channel=channel.name, kind=kind_of(channel), to="", error=said)
            continue
        summary = of_test(channel.name, by=by)
        notice = Notice(run_id=run_id, summary=summary)
        yield from Notifier(lines=(line,)).tell(partial(_same, notice), at=at)


def _same(notice: Notice, interest: Interest) -> Notice:
    """Return the notice: a test is told to everybody alike."""
    del interest
    return notice


def _once(channel: Channel) -> Channel:
    """Return the channel as one that is tried once, and hears of everything."""
    return replace(
        channel,
        delivery=replace(channel.delivery, attempts=1),
        interest=replace(channel.interest, always=True),
    )


def _chosen(file: Path, names: Sequence[str]) -> tuple[Channel, ...]:
    channels = notify.load(file)
    known = [channel.name for channel in channels]
    wrong = [name for name in names if name not in known]
    if wrong:
        named = f"channels: {', '.join(known)}"
        raise UserError(
            "\n".join(f"{file}: no channel {quoted(name)}{nearest(name, known)}; {named}" for name in wrong)
        )
    return tuple(channel for channel in channels if not names or channel.name in names)
