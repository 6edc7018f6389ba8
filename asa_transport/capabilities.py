"""What a session, a journal and an observer can do, and no more.

A dry run is the absence of a capability, not a flag: audit, plan and dry-run
push hold a `Session`, which can read only.  `is_read_only` is the one place that
says which lines may leave the machine without a committed push (docs/security.md);
every implementation of `Session` asks it before it sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from asa_transport.asa.commands import READS, is_to_context, is_whole_ping_tcp
from asa_transport.errors import ConnectError, JumpError
from asa_transport.model import (
    AuditOutcome,
    CommandOutput,
    Device,
    JournalEvent,
    PushOutcome,
    SecretUse,
    SshFacts,
    Step,
)


def is_read_only(command: str, *, probe: bool = False) -> bool:
    """Return whether an audit may send this line; `probe` admits `ping tcp HOST PORT` too.

    Source: docs/security.md, "What an audit can send".
    """
    if command in READS or is_to_context(command):
        return True
    return probe and is_whole_ping_tcp(command)


class Session(Protocol):
    """A logged-in, privileged SSH session that can read and nothing else."""

    @property
    def prompt(self) -> str:
        """The last prompt seen, without its trailing blank, e.g. ``fw-par-01/pri/act#``."""

    @property
    def ssh(self) -> SshFacts | None:
        """What the session agreed on below the terminal; `None` where nobody knows."""

    def run(self, command: str) -> CommandOutput:
        """Send one allow-listed line and return what came back.

        Raises:
            ForbiddenCommand: The line is not allow-listed; nothing was sent.
            CollectError: The session was closed, timed out, flooded or lost its place.
        """

    def close(self) -> None:
        """Log out and close; never raises, never waits for the device."""


class ConfigSession(Session, Protocol):
    """A session that may also send the lines of one device's change; only a committed push asks for one.

    Until `permit` it sends nothing that a `Session` would not.
    """

    def permit(self, lines: Iterable[str]) -> None:
        """Let these lines be sent from now on, beside `CHANGE_FRAME`, and no others.

        Raises:
            ForbiddenCommand: One of them is no line of a licence change (`grammar.is_change_line`),
                whoever gave it; none of them may be sent.
        """

    def send(self, line: str) -> CommandOutput:
        """Send one permitted line and return what came back.

        Where the device asks something instead of giving its prompt (anonymous reporting, at
        the first `configure terminal`), the text ends with the question and `prompt` is empty;
        `send` then takes `ASK_LATER` alone.

        Raises:
            ForbiddenCommand: The line is not permitted; nothing was sent.
            CollectError: As `run`; the line may have taken effect.
        """


class Journal(Protocol):
    """The record of a push: an event is on disk when `note` returns."""

    def note(self, event: JournalEvent) -> None:
        """Append one event; raise OSError where that cannot be done, and then nothing may be sent."""


class Teller(Protocol):
    """Told in words what a person may want to know of a run; must not raise."""

    def note(self, message: str, /) -> None:
        """A person who asked for silence does not miss it."""

    def warn(self, message: str, /) -> None:
        """Nobody may miss it."""


class Observer(Protocol):
    """Told of a run's progress; must return quickly and must not raise."""

    def started(self, device: Device) -> None:
        """The device is dialled for the first time."""

    def finished(self, outcome: AuditOutcome) -> None:
        """The device has its outcome."""


class RunObserver(Observer, Protocol):
    """Told of a run as a whole, too."""

    def run_started(self, run: str, devices: Sequence[Device]) -> None:
        """The run has its id; no device was contacted yet."""


class Silence:
    """Tells nobody; implements `Teller` and `RunObserver`, for a caller that only wants what is returned."""

    def note(self, message: str, /) -> None:
        """Do nothing."""

    def warn(self, message: str, /) -> None:
        """Do nothing."""

    def run_started(self, run: str, devices: Sequence[Device]) -> None:
        """Do nothing."""

    def started(self, device: Device) -> None:
        """Do nothing."""

    def finished(self, outcome: AuditOutcome) -> None:
        """Do nothing."""


class CampaignObserver(Protocol):
    """Told of a push over many devices; must return quickly and must not raise.

    `stepped` comes from the engine's thread, all else from the thread that drives the push.
    """

    def wave_started(self, wave: int, devices: Sequence[Device]) -> None:
        """A wave begins; `wave` is its number in the plan."""

    def started(self, device: Device) -> None:
        """The device is in work."""

    def stepped(self, device: Device, step: Step) -> None:
        """The device is about to take this step."""

    def ended(self, outcome: PushOutcome) -> None:
        """The device has its outcome; once for each that had none before, also where it never started."""

    def waiting(self, seconds: float) -> None:
        """The push waits so long before its next wave."""

    def ending(self) -> None:
        """A person wants the push to end, and was heard."""

    def stopped(self, reason: str) -> None:
        """Nothing more will be started; devices in work still end."""


class Link(Protocol):
    """An open byte stream to a device."""

    async def settled(self) -> None:
        """Wait a moment, once the link has ended, for who ended it to be known."""

    def jump_error(self, device: str) -> JumpError | None:
        """Return why it ended, for the device of this name, where its jump host was lost; else `None`."""

    def cut(self) -> None:
        """Shut it from outside: wakes whoever waits for it; never raises."""

    def close(self) -> None:
        """Shut it and give back what it holds; never raises."""


class Dial(Protocol):
    """Open the byte stream to a device."""

    def __call__(self, device: Device) -> Link:
        """Return a connected link or raise ConnectError; within the time of the device."""


class Deadline(Protocol):
    """The time that one device has, and the hand that closes its session from outside."""

    def remaining_s(self) -> float:
        """Return seconds left, never below 0; 0 also once the run was stopped."""

    def is_stopped(self) -> bool:
        """Return whether a person stopped the run, as opposed to the time being up."""

    def hold(self, close: Callable[[], None]) -> None:
        """Have `close` called, from another thread, when the time is up; at once if it is already."""

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the end of the deadline."""


class OpenConfigSession(Protocol):
    """Log in to one device for a committed push; as `OpenSession`."""

    def __call__(self, device: Device, deadline: Deadline, /) -> ConfigSession:
        """Return a privileged session whose pager is off; raises as `OpenSession`."""


class Approach(Protocol):
    """Bring a device to the point where its first byte is there to be read, holding no worker."""

    async def __call__(self, device: Device, deadline: Deadline) -> Link:
        """Return a link of which nothing was read, or raise ConnectError; closes all when cancelled."""


def untold() -> None:
    """Tell nobody: in the place of a callable that is told of each step."""


class Gate(Protocol):
    """Asked, on the loop, before a secret leaves for a device, so that few are out when one is rejected."""

    async def enter(self, use: SecretUse) -> bool:
        """Wait until the secret may be sent; False where it may not, or is not the current one any more."""

    def answered(self, use: SecretUse) -> None:
        """Note that the device has answered it, or never will; what it made of it is told apart."""


class OpenGate:
    """Lets everything through; implements `Gate`."""

    async def enter(self, use: SecretUse) -> bool:
        """Return True."""
        del use
        return True

    def answered(self, use: SecretUse) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One try at one device, given to the work.

    Attributes:
        dial: Gives the link that is open, its first byte there; not for work that dials for itself.
        judged: To be told, from any thread, once the device took (True) or rejected (False) a secret.
        gate: To be asked before each secret; where it says no, the work raises `LoginHeld` or `EnableHeld`.
        heard: To be told, from the work itself, of each step that the device has completed.
    """

    device: Device
    dial: Dial
    deadline: Deadline
    judged: Callable[[SecretUse, bool], None]
    gate: Gate = field(default_factory=OpenGate)
    heard: Callable[[], None] = untold


class Again(Exception):
    """The link broke before anything was asked: the device may be dialled again, by who dials."""

    def __init__(self, error: ConnectError) -> None:
        self.error = error
        super().__init__(str(error))


class EnableHeld(Exception):
    """The device wants the enable password, and it may not be typed yet: it was not proven anywhere."""


class LoginHeld(Exception):
    """The device was reached, and the secret of the login may not be sent now; it was not sent."""


class OpenSession(Protocol):
    """Log in to one device; the seam at which a test passes a session of its own."""

    def __call__(self, device: Device, deadline: Deadline, /) -> Session:
        """Return a privileged session whose pager is off.

        Raises:
            DeviceError: ConnectError, HostKeyError, AuthenticationError, EnableError or CollectError.
        """
