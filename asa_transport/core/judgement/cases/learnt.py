"""Follow what was learnt of a release on one of its firewalls: where it is not as the program assumes.

Pure.  What is learnt makes a prediction right, or takes away what a verdict would rest on; it never adds
anything that a guard would let pass.

Source: asa/assumptions.yaml, the rows whose effect is not to inform.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from asa_transport.asa.license_block import Layout
from asa_transport.asa.version import try_parse
from asa_transport.model import TransportSource, UnsavedState

if TYPE_CHECKING:
    from asa_transport.model import DeviceFacts, Learnt

DEFAULT: Final = "default-transport"
SHOWS_DEFAULT: Final = "default-line-hidden"
PLACE: Final = "transport-lines-last"
PROXY_FIRST: Final = "proxy-behind-type"
CHECKSUM: Final = "checksum-of-running"
ACTING: Final = frozenset({DEFAULT, SHOWS_DEFAULT, PLACE, PROXY_FIRST, CHECKSUM})


def release_of(text: str | None) -> str | None:
    """Return a release in the form in which what is learnt of it is kept; `None` where it is none."""
    release = try_parse(text or "")
    return None if release is None else str(release)


def of_release(learnt: Sequence[Learnt], text: str | None) -> tuple[Learnt, ...]:
    """Return what was learnt of this release."""
    # Of most fleets nothing is.
    release = release_of(text) if learnt else None
    return tuple(entry for entry in learnt if entry.release == release)


def layout(learnt: Iterable[Learnt]) -> Layout:
    """Return how a release with these differences prints its licence block."""
    values = {entry.id: entry.value for entry in learnt}
    return Layout(
        shows_default=SHOWS_DEFAULT in values,
        ahead_of=values.get(PLACE),
        is_proxy_first=PROXY_FIRST in values,
    )


def as_known(facts: DeviceFacts, learnt: Iterable[Learnt]) -> DeviceFacts:
    """Return the facts without what rests on an assumption that its release was seen to differ from."""
    names = {entry.id for entry in learnt}
    if DEFAULT in names:
        facts = _without_default(facts)
    if CHECKSUM in names:
        facts = _without_checksum(facts)
    return facts


def _without_default(facts: DeviceFacts) -> DeviceFacts:
    transport = facts.transport
    if transport.source is TransportSource.VERSION:
        transport = replace(transport, type=None, source=None)
    return replace(facts, transport=transport, is_default_disproved=True)


def _without_checksum(facts: DeviceFacts) -> DeviceFacts:
    """Return the facts without "nothing is unsaved" where equal checksums are what says it."""
    by_checksum = facts.unsaved.state is UnsavedState.NONE and "unsaved.checksum" in facts.sources
    return replace(facts, unsaved=replace(facts.unsaved, state=None)) if by_checksum else facts
