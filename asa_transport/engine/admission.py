"""Decide which device may be dialled next, and with which credential anybody may log in.

Touches nothing; not safe to share between threads: the scheduler asks from one.

`Queue` keeps the order of the devices and the caps on sessions at once: to one jump host,
group and region.  `Trial` is what is known of each secret of a shared account: until one device
has accepted it, few tries with it are under way, and after as many rejections nobody
is asked again.  Once it is proven few are unanswered at once, and as many rejections in a row
put it in doubt: nobody is asked while `secret_guard.py` finds out why.  The login password and
the enable password are judged apart.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from asa_transport.errors import AuthenticationError, EnableError
from asa_transport.model import Device, SecretUse, SessionCaps
from asa_transport.text import counted

E = TypeVar("E")

# Cisco's own AAA default locks nobody out, but directories commonly do after 3 to 5 wrong
# passwords (SSH logins of an operations team leave them fewer); policy `lockout_after`.
MOST_REJECTED = 2
# Of a secret that was accepted, so many times as many may be unanswered at once: each may be rejected where
# the password is changed in the middle of a run.  Few at first; where hundreds are audited one more for every
# 25 that went well, up to what keeps a fleet from waiting for its AAA server (measured: 80 devices a second).
_OUT = 2
_OUT_AT_MOST = 8
_WELL = 25


class Queue(Generic[E]):
    """What waits to be dialled, lowest place first, as far as the caps allow."""

    def __init__(self, caps: SessionCaps) -> None:
        self._caps = caps
        self._at_once: Counter[Hashable] = Counter()
        # Devices that are counted alike wait in one heap, so that a full site is passed
        # over in one step, however many of its devices wait.
        self._waiting: dict[tuple[Hashable, ...], list[tuple[int, E]]] = {}

    def add(self, place: int, device: Device, item: E) -> None:
        """Let an item wait; places are unique among those that wait."""
        heapq.heappush(self._waiting.setdefault(self._counted_as(device), []), (place, item))

    def take(self) -> E | None:
        """Return the first item that may go, and count it; `None` where none may."""
        open_keys = [key for key in self._waiting if self._has_room(key)]
        if not open_keys:
            return None
        key = min(open_keys, key=lambda key: self._waiting[key][0][0])
        _, item = heapq.heappop(self._waiting[key])
        if not self._waiting[key]:
            del self._waiting[key]
        self._at_once.update(key)
        return item

    def leave(self, device: Device) -> None:
        """Give back the places of an item that was taken."""
        self._at_once.subtract(self._counted_as(device))

    def drain(self) -> tuple[E, ...]:
        """Return all that wait, in their order, and forget them."""
        rest = sorted((pair for heap in self._waiting.values() for pair in heap), key=lambda pair: pair[0])
        self._waiting.clear()
        return tuple(item for _, item in rest)

    def _counted_as(self, device: Device) -> tuple[Hashable, ...]:
        caps = self._caps
        keys: list[Hashable] = []
        if caps.per_jump and device.jump is not None:
            keys.append(("jump", device.jump))
        if caps.per_region and device.region is not None:
            keys.append(("region", device.region))
        if caps.per_group:
            keys.extend(("group", group) for group in dict.fromkeys(device.groups))
        return tuple(keys)

    def _has_room(self, keys: Iterable[Hashable]) -> bool:
        most = {"jump": self._caps.per_jump, "region": self._caps.per_region, "group": self._caps.per_group}
        return all(self._at_once[key] < most[key[0]] for key in keys if isinstance(key, tuple))


@dataclass(slots=True)
class _Known:
    """What is known of one secret.

    Attributes:
        version: 0 for the one that the run began with.
        permits: How many devices may send it, and have not been heard of.
        out: How many have been sent it, and have not answered.
        all_rejected: How many have rejected it.
        forgiven: How many of those had before a device accepted it.
        accepted: How many have accepted it.
        lost: Why nobody may be sent it any more, in words; empty where that is not so.
    """

    version: int = 0
    permits: int = 0
    out: int = 0
    all_rejected: int = 0
    forgiven: int = 0
    accepted: int = 0
    lost: str = ""

    @property
    def rejected(self) -> int:
        """How many have rejected it since one accepted it."""
        return self.all_rejected - self.forgiven


@dataclass(slots=True)
class Trial:
    """What is known of each secret of each credential in this run.

    Attributes:
        most_rejected: After so many rejections it is lost, or in doubt where devices had accepted it.
        by_key: The credentials that log in by a key, for the words.
    """

    most_rejected: int = MOST_REJECTED
    by_key: frozenset[str] = frozenset()
    _known: dict[tuple[str, SecretUse], _Known] = field(default_factory=dict)

    def version(self, credential: str, use: SecretUse) -> int:
        """Return the number of the secret that is sent now."""
        return self._of(credential, use).version

    def is_lost(self, credential: str, use: SecretUse) -> bool:
        """Return whether nobody may try it again: rejected so often and accepted never, or given up."""
        known = self._of(credential, use)
        return bool(known.lost) or (not known.accepted and known.rejected >= self.most_rejected)

    def is_in_doubt(self, credential: str, use: SecretUse) -> bool:
        """Return whether devices accepted it, and as many as are borne have rejected it since."""
        known = self._of(credential, use)
        return not known.lost and known.accepted > 0 and known.rejected >= self.most_rejected

    def is_unanswered(self, credential: str, use: SecretUse) -> bool:
        """Return whether a device that was sent it may still answer."""
        return self._of(credential, use).out > 0

    def begin(self, credential: str, use: SecretUse) -> bool:
        """Return whether it may be tried now; if so, `end` must follow."""
        known = self._of(credential, use)
        if self.is_lost(credential, use) or self.is_in_doubt(credential, use):
            return False
        # One that came in the place of another proves itself on one device first.
        at_once = 1 if known.version else self.most_rejected - known.rejected
        may = known.accepted > 0 or known.permits < at_once
        known.permits += may
        return may

    def end(
        self, credential: str, use: SecretUse, accepted: bool | None, *, after: int | None = None
    ) -> None:
        """Note what became of it; `None` where the device said neither, or was not asked.

        Args:
            after: As in `judge`.
        """
        self._of(credential, use).permits -= 1
        self.judge(credential, use, accepted, after=after)

    def judge(
        self, credential: str, use: SecretUse, accepted: bool | None, *, after: int | None = None
    ) -> None:
        """Note a verdict on it, for one that tries without `begin`.

        Args:
            after: The rejections that there were when the device accepted it, where that is told late:
                it says nothing of later ones.
        """
        known = self._of(credential, use)
        if accepted is True:
            known.accepted += 1
            known.forgiven = max(known.forgiven, known.all_rejected if after is None else after)
        known.all_rejected += accepted is False

    def rejections(self, credential: str, use: SecretUse) -> int:
        """Return how many there were until now."""
        return self._of(credential, use).all_rejected

    def send(self, credential: str, use: SecretUse) -> bool:
        """Return whether it may leave for one device more now; if so, `answered` must follow."""
        if self.is_lost(credential, use) or self.is_in_doubt(credential, use):
            return False
        # Before it is proven the permits are few enough.
        known = self._of(credential, use)
        may = not known.accepted or self.room(credential, use) > 0
        known.out += may
        return may

    def room(self, credential: str, use: SecretUse) -> int:
        """Return for how many more devices it may leave now, of one that is proven."""
        known = self._of(credential, use)
        most = min(_OUT_AT_MOST * self.most_rejected, _OUT * self.most_rejected + known.accepted // _WELL)
        return most - known.out - known.rejected

    def is_good(self, credential: str, use: SecretUse) -> bool:
        """Return whether devices have accepted it, and nothing is wrong with it."""
        is_bad = self.is_lost(credential, use) or self.is_in_doubt(credential, use)
        return self._of(credential, use).accepted > 0 and not is_bad

    def answered(self, credential: str, use: SecretUse) -> None:
        """Note that a device has answered, or never will."""
        self._of(credential, use).out -= 1

    def renew(self, credential: str, use: SecretUse) -> None:
        """Begin anew with another secret in its place; permits of the old one are gone."""
        before = self._of(credential, use)
        self._known[credential, use] = _Known(version=before.version + 1)

    def lose(self, credential: str, use: SecretUse, why: str) -> None:
        """Have nobody try it any more.

        Args:
            why: What was found when it was looked for the reason, as the end of a sentence.
        """
        known = self._of(credential, use)
        known.lost = f"{self._said(credential, use)}, {why}"

    def refuse(self, device: Device, use: SecretUse) -> None:
        """Raise AuthenticationError, or EnableError, where this secret may not be tried any more."""
        if not self.is_lost(device.credential, use):
            return
        known, kind = self._of(device.credential, use), self.kind(device.credential, use)
        said = known.lost or self._said(device.credential, use)
        hint = (
            f"correct the {kind} and run the command again; one more attempt on every device could lock "
            "the account"
        )
        if known.lost:
            hint = (
                f"was the {kind} changed, or the account locked, while the run went on? put the right one "
                "where the inventory says it is, and run the command again"
            )
        if use is SecretUse.LOGIN:
            raise AuthenticationError(
                device.name,
                did=f"logging in as {device.username!r} with the credential {device.credential!r}",
                saw=f"not tried: {said}",
                hint=hint,
            )
        raise EnableError(
            device.name,
            did=f"'enable' with the credential {device.credential!r}",
            saw=f"not tried: {said}",
            hint=hint,
        )

    def kind(self, credential: str, use: SecretUse) -> str:
        """Return what it is, in a word."""
        return "key" if use is SecretUse.LOGIN and credential in self.by_key else "password"

    def so_far(self, credential: str, use: SecretUse) -> str:
        """Return what devices made of it, e.g. ``2 devices rejected the password that 7 had accepted``."""
        known, kind = self._of(credential, use), self.kind(credential, use)
        return f"{counted(known.rejected, 'device')} rejected the {kind} that {known.accepted} had accepted"

    def _said(self, credential: str, use: SecretUse) -> str:
        known, kind = self._of(credential, use), self.kind(credential, use)
        if known.accepted:
            return self.so_far(credential, use)
        count = counted(known.rejected, "device")
        if known.version:
            return f"{count} rejected the new {kind}, which had come in the place of another in this run"
        return f"{count} rejected this {kind} and none accepted it"

    def _of(self, credential: str, use: SecretUse) -> _Known:
        return self._known.setdefault((credential, use), _Known())
