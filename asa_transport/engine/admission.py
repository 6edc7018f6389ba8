"""Decide which device may be dialled next, and with which credential anybody may log in.

Touches nothing; not safe to share between threads: the scheduler asks from one.

`Queue` keeps the order of the devices and the caps on sessions at once: to one jump host,
group and region.  `Trial` is the guard of a shared account: until one device
has accepted a secret, few tries with it are under way, and after as many rejections nobody
is asked again.  The login password and the enable password are judged apart.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from asa_transport.errors import AuthenticationError, EnableError
from asa_transport.model import Device, SecretUse, SessionCaps

E = TypeVar("E")

# Cisco's own AAA default locks nobody out, but directories commonly do after 3 to 5 wrong
# passwords (SSH logins of an operations team leave them fewer); policy `lockout_after`.
MOST_REJECTED = 2


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
    under_way: int = 0
    rejected: int = 0
    is_proven: bool = False


@dataclass(slots=True)
class Trial:
    """What is known of each secret of each credential in this run.

    Attributes:
        by_key: The credentials that log in by a key, for the words.
    """

    most_rejected: int = MOST_REJECTED
    by_key: frozenset[str] = frozenset()
    _known: dict[tuple[str, SecretUse], _Known] = field(default_factory=dict)

    def is_lost(self, credential: str, use: SecretUse) -> bool:
        """Return whether it was rejected so often, and accepted never, that nobody may try it again."""
        known = self._of(credential, use)
        return not known.is_proven and known.rejected >= self.most_rejected

    def begin(self, credential: str, use: SecretUse) -> bool:
        """Return whether it may be tried now; if so, `end` must follow."""
        known = self._of(credential, use)
        may = known.is_proven or known.under_way + known.rejected < self.most_rejected
        known.under_way += may
        return may

    def end(self, credential: str, use: SecretUse, accepted: bool | None) -> None:
        """Note what became of it; `None` where the device said neither, or was not asked."""
        self._of(credential, use).under_way -= 1
        self.judge(credential, use, accepted)

    def judge(self, credential: str, use: SecretUse, accepted: bool | None) -> None:
        """Note a verdict on it, for one that tries without `begin`: one device at a time."""
        known = self._of(credential, use)
        known.is_proven = known.is_proven or accepted is True
        known.rejected += accepted is False

    def refuse(self, device: Device, use: SecretUse) -> None:
        """Raise AuthenticationError, or EnableError, where this secret may not be tried any more."""
        if not self.is_lost(device.credential, use):
            return
        count = self._of(device.credential, use).rejected
        kind = "key" if use is SecretUse.LOGIN and device.credential in self.by_key else "password"
        said = f"{count} device{'s' * (count != 1)} rejected this {kind} and none accepted it"
        hint = (
            f"correct the {kind} and run the command again; one more attempt on every device could lock "
            "the account"
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

    def _of(self, credential: str, use: SecretUse) -> _Known:
        return self._known.setdefault((credential, use), _Known())
