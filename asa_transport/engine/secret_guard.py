"""Guard the secrets that many devices of a run share: who may send one, and what is done when one goes bad.

Before a secret is proven, few devices try it.  Once it is, few are unanswered at a time; where as many
as the policy bears reject it in a row, nobody sends it any more and it is found out why, once for all:
its source is read again, and what came in its place proves itself on one device; or a device that had
accepted it is asked once more, which tells a changed password from firewalls that have another account.
Nothing that a device rejected is sent to that device again.

Used from one event loop; knows no SSH and no source.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from asa_transport.engine import bridge
from asa_transport.engine.admission import Trial
from asa_transport.engine.threads import in_thread
from asa_transport.model import Device, SecretUse

# A device that was reached waits so long at its login for the answers of others, and is then dialled anew.
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A source gives other secrets than it did; `adopt` puts them in the place of the old ones."""

    uses: frozenset[SecretUse]
    adopt: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """It gives none, or the same; `why` ends a sentence."""

    why: str


ReadAgain: TypeAlias = Callable[[str, SecretUse], Changed | Unchanged]


def unread(credential: str, use: SecretUse) -> Changed | Unchanged:
    """Know no source."""
    del credential, use
    return Unchanged(why="and nobody knows where it came from")


def untold_words(message: str) -> None:
    """Tell nobody."""
    del message


class SecretGuard:
    """What is known of the secrets of one run, for devices that wait for it."""

    def __init__(
        self,
        trial: Trial,
        *,
        read_again: ReadAgain = unread,
        ask_again: Callable[[Device, SecretUse], Awaitable[bool | None]] | None = None,
        tell: Callable[[str], object] = untold_words,
    ) -> None:
        """Begin.

        Args:
            read_again: Reads the source of a credential again, in a thread; must not raise.
            ask_again: Logs in to a device that had accepted a secret and says what it makes of it now;
                `None` where nobody may do that.
            tell: Told in words what became of a secret that went bad.
        """
        self._trial = trial
        self._read_again = read_again
        self._ask_again = ask_again
        self._tell = tell
        self._changed = asyncio.Event()
        self._turns: dict[tuple[str, SecretUse], deque[asyncio.Future[None]]] = {}
        self._checks: dict[tuple[str, SecretUse], asyncio.Task[None]] = {}
        self._was_read: set[tuple[str, SecretUse]] = set()
        self._accepted_by: dict[tuple[str, SecretUse], Device] = {}

    def refuse(self, device: Device, *, wants_enable: bool) -> None:
        """Raise AuthenticationError or EnableError where what this device needs may not be tried any more."""
        self._trial.refuse(device, SecretUse.LOGIN)
        if wants_enable:
            self._trial.refuse(device, SecretUse.ENABLE)

    async def settled(self, device: Device, *, wants_enable: bool) -> None:
        """Wait while what this device needs is in doubt; raises as `refuse`."""
        uses = tuple(SecretUse) if wants_enable else (SecretUse.LOGIN,)
        while any(self._trial.is_in_doubt(device.credential, use) for use in uses):
            await self._changed.wait()
        self.refuse(device, wants_enable=wants_enable)

    async def permits(self, device: Device, *, wants_enable: bool) -> Permits:
        """Wait until the secrets of this device may be tried; give them back when it is done with.

        The enable password is waited for only by a device that is known to want it; any other
        takes the permit where there is one, and is visited again where it turns out to need it.

        Raises:
            DeviceError: As `refuse`.
        """
        name = device.credential
        while True:
            self.refuse(device, wants_enable=wants_enable)
            uses = [use for use in SecretUse if self._trial.begin(name, use)]
            if SecretUse.LOGIN in uses and (SecretUse.ENABLE in uses or not wants_enable):
                return Permits(self, device, uses)
            for use in uses:
                self._trial.end(name, use, None)
            await self._changed.wait()

    def version(self, credential: str, use: SecretUse) -> int:
        """Return the number of the secret that is sent now."""
        return self._trial.version(credential, use)

    async def send(self, credential: str, use: SecretUse, version: int) -> bool:
        """Wait until a secret may leave; False where it may not, or is not this one any more."""
        trial = self._trial
        if trial.version(credential, use) == version and trial.send(credential, use):
            return True
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while trial.version(credential, use) == version:
                    if trial.send(credential, use):
                        return True
                    if trial.is_in_doubt(credential, use) or trial.is_lost(credential, use):
                        return False
                    await self._turn((credential, use))
        except TimeoutError:
            pass
        return False

    async def _turn(self, key: tuple[str, SecretUse]) -> None:
        """Wait behind those that wait to send the same secret."""
        turn = asyncio.get_running_loop().create_future()
        waiting = self._turns.setdefault(key, deque())
        waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in waiting:
                waiting.remove(turn)
            self._let(key)
            raise

    def _let(self, key: tuple[str, SecretUse]) -> None:
        """Let as many look again as there is room for; all, where it is another secret or none any more."""
        turns = self._turns.get(key, deque())
        many = max(0, self._trial.room(*key)) if self._trial.is_good(*key) else len(turns)
        for _ in range(min(many, len(turns))):
            bridge.settle(turns.popleft())

    def answered(self, credential: str, use: SecretUse, version: int) -> int | None:
        """Note that a device has answered, or never will; return how many have rejected it until now."""
        if version != self._trial.version(credential, use):
            return None
        self._trial.answered(credential, use)
        self._look(credential, use)
        return self._trial.rejections(credential, use)

    def end(
        self, device: Device, use: SecretUse, version: int, accepted: bool | None, after: int | None
    ) -> None:
        """Note what became of a permit; nothing where the secret is another by now; `after` as `Trial`."""
        name = device.credential
        if version != self._trial.version(name, use):
            return
        if accepted:
            self._accepted_by[name, use] = device
        self._trial.end(name, use, accepted, after=after)
        self._look(name, use)

    def _look(self, credential: str, use: SecretUse) -> None:
        """Wake who waits; find out what is wrong with a secret once everybody has answered."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        key = (credential, use)
        self._let(key)
        is_bad = self._trial.is_in_doubt(*key) and not self._trial.is_unanswered(*key)
        if is_bad and key not in self._checks:
            self._checks[key] = asyncio.get_running_loop().create_task(self._check(*key))

    async def _check(self, credential: str, use: SecretUse) -> None:
        why = "and why could not be found out"
        try:
            why = await self._found(credential, use)
        finally:
            del self._checks[credential, use]
            if self._trial.is_in_doubt(credential, use):
                self._trial.lose(credential, use, why)
            self._look(credential, use)

    async def _found(self, credential: str, use: SecretUse) -> str:
        """Return why a secret is given up; the caller asks whether it still is."""
        key, why = (credential, use), "and its source was read again before"
        if key not in self._was_read:
            self._was_read.add(key)
            found = await in_thread("secrets", lambda: self._read_again(credential, use))
            if isinstance(found, Changed):
                self._adopt(credential, use, found)
                return ""
            why = found.why
        device = self._accepted_by.get(key)
        if self._ask_again is None or device is None:
            return why
        said = await self._ask_again(device, use)
        self._trial.judge(credential, use, said)
        now = "rejects it now" if said is False else "was asked once more without an answer"
        return f"{why}; {device.name} had accepted it and {now}"

    def _adopt(self, credential: str, use: SecretUse, found: Changed) -> None:
        said, kind = self._trial.so_far(credential, use), self._trial.kind(credential, use)
        found.adopt()
        for one in found.uses:
            self._was_read.add((credential, one))
            self._trial.renew(credential, one)
            self._accepted_by.pop((credential, one), None)
        self._tell(
            f"warning: credential {credential}: {said}; its source has another {kind} now, and the run goes "
            "on with it once a device has accepted it. Who rejected the old one is not asked again: run the "
            "command again for those"
        )


class Permits:
    """The secrets that one visit to a device may send; implements `capabilities.Gate`."""

    def __init__(self, guard: SecretGuard, device: Device, uses: list[SecretUse]) -> None:
        self._guard = guard
        self._device = device
        self._open = {use: guard.version(device.credential, use) for use in uses}
        self._out: dict[SecretUse, int] = {}
        self._after: dict[SecretUse, int | None] = {}

    async def enter(self, use: SecretUse) -> bool:
        """As `capabilities.Gate`."""
        version = self._open.get(use)
        if version is None:
            return False
        if use not in self._out and await self._guard.send(self._device.credential, use, version):
            self._out[use] = version
        return use in self._out

    def answered(self, use: SecretUse) -> None:
        """As `capabilities.Gate`."""
        version = self._out.pop(use, None)
        if version is not None:
            self._after[use] = self._guard.answered(self._device.credential, use, version)

    def judge(self, use: SecretUse, accepted: bool | None) -> None:
        """Note what became of a secret, the first time that it is said."""
        version = self._open.pop(use, None)
        if version is not None:
            self._guard.end(self._device, use, version, accepted, self._after.get(use))
        self.answered(use)

    def give_back(self) -> None:
        """Note that no more will be heard of any."""
        for use in tuple(self._open):
            self.judge(use, None)
        for use in tuple(self._out):
            self.answered(use)
