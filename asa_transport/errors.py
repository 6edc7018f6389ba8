"""Every error this program raises on purpose, in one tree.

    AsaTransportError
    ├── UserError               exit 2; nothing was contacted
    │   ├── InventoryError      every problem of a file at once, with file:line:column
    │   ├── PolicyError
    │   ├── CatalogueError      the bug catalogue, ours or the user's
    │   ├── LedgerError         the exceptions file or the waivers file
    │   ├── NotifyError         the file of notification channels
    │   ├── ExemptionError      an exception that may not be added or closed
    │   ├── WaiverError         a waiver that may not be added or closed
    │   ├── CredentialError     which source, never its content
    │   ├── SelectionError      `--limit` matched nothing
    │   ├── StoreError          the run store cannot be used as it was named
    │   │   └── StoreUnusable   it is away, silent, damaged or of another release: an audit goes on without it
    │   │       └── StoreUnwritable   it is full, read-only, or somebody else's: it may be read all the same
    │   ├── RenderError         a value or a template that would send what nobody approved
    │   ├── StateError          the state directory does not take what must be kept there
    │   ├── JournalError        there is no journal, or it is in use
    │   │   └── BrokenJournal   exit 8; it is not as it was written
    │   ├── SignatureError      a signature cannot be made or checked
    │   └── PlanError           exit 7; a plan that may not be used
    │       ├── MalformedPlan   no plan, or one that was cut or written by hand
    │       ├── AlteredPlan     not what was approved
    │       ├── ExpiredPlan     past its `valid_until`, or from the future
    │       ├── StalePlan       made under other rules than those of now
    │       ├── UsedPlan        a plan is pushed once
    │       └── UnapprovedPlan  too few people signed it
    ├── DeviceError             one device; becomes its `NotAudited` outcome
    │   ├── ConnectError        name lookup, TCP, SSH banner and key exchange
    │   │   └── JumpError       its jump host was not reached, or was lost
    │   ├── HostKeyError        unknown, changed or revoked key
    │   ├── AuthenticationError rejected user name or password; never retried
    │   ├── EnableError         privileged mode was not reached
    │   ├── CollectError        the session broke or lost its place while reading
    │   ├── LeaseLost           a push's lock was lost, so nothing more is sent under it
    │   └── ParseError          the outputs are not those of an ASA
    ├── DeliveryError           a notification did not arrive; the run stands
    ├── OutputError             a result cannot be written where it should go; also an OSError
    ├── ForbiddenCommand        our own bug: a command outside the allow-list
    └── TemplateError           a template is missing or malformed

A message has four parts: which device, what we did, what we saw (quoted), what
to do next.  It never holds a password, a key or a whole configuration.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final

from asa_transport.model import Stage

if TYPE_CHECKING:
    from asa_transport.model import Problem, SshFacts, SshOffer


_INTERNAL: Final = "internal error: "
# What releases up to 0.1 wrote into records that have no field for it, whatever is said today.
_INTERNAL_THEN: Final = "internal error: "


def internal_error(error: BaseException | None) -> str:
    """Return what a fault of ours is called beside a device: its kind, not its text, which may be secret."""
    return f"{_INTERNAL}{type(error).__name__}"


def was_internal(text: str) -> bool:
    """Return whether a record of an older release, which has no field for it, tells of a fault of ours."""
    return text.startswith(_INTERNAL_THEN)


def in_words(error: BaseException) -> str:
    """Return what a foreign error says, for a person: no class, no number, no word of Python's own.

    An error of ours keeps its text.
    """
    said = str(error)
    match error:
        case json.JSONDecodeError():
            said = f"it ends or breaks off at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            said = f"byte {error.start + 1} is not {error.encoding.upper()} text"
        case OSError() if error.strerror:
            said = error.strerror
        case RecursionError():
            said = "it is nested too deeply"
        case KeyError() if error.args:
            said = f"{error.args[0]!r:.80} is missing"
        case EOFError():
            said = "it ends too early"
        case TypeError() | AttributeError() | LookupError():
            said = "a part of it is of another form"
        case ValueError() if type(error) is ValueError:
            said = "a value in it is of another form"
    return said or "it is not in the form that was expected"


class AsaTransportError(Exception):
    """Base of all deliberate errors."""


class UserError(AsaTransportError):
    """The user's input cannot be used; nothing was contacted.

    Attributes:
        exit_code: What the program ends with (docs/exit-codes.md).
    """

    exit_code: ClassVar[int] = 2


class ProblemsError(UserError):
    """One or more problems in the user's files, all of them at once, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class InventoryError(ProblemsError):
    """The inventory file cannot be used."""


class PolicyError(ProblemsError):
    """The policy file cannot be used."""


class CatalogueError(ProblemsError):
    """A bug catalogue cannot be used."""


class LedgerError(ProblemsError):
    """The exceptions file or the waivers file cannot be used."""


class NotifyError(ProblemsError):
    """The file of notification channels cannot be used."""


class MergeError(ProblemsError):
    """Audit documents are not the parts of one whole."""


class ExemptionError(UserError):
    """An exception cannot be added or closed as asked; the file is as it was."""


class WaiverError(UserError):
    """A waiver cannot be added or closed as asked; the file is as it was."""


class CredentialError(UserError):
    """A secret could not be obtained from its source; the text never holds the secret."""


class SelectionError(UserError):
    """`--limit` is malformed or matches no device."""


class StoreError(UserError):
    """The run store cannot be used as it was named; the text never holds a password."""


class StoreUnusable(StoreError):
    """The run store cannot be opened, read or written; it costs the history, never an audit."""


class StoreUnwritable(StoreUnusable):
    """The run store takes nothing: a full disk, a read-only one, or one where this user may only read."""


class BrokerError(UserError):
    """The broker cannot be used as it was named, or took no message; the text never holds a password."""


class RenderError(UserError):
    """A value, or what a template made of it, must not become a device line; nothing was rendered."""


class StateError(UserError):
    """The state directory does not take what must be kept there; names the path."""


class JournalError(UserError):
    """There is no journal of the run, or another process writes it."""


class BrokenJournal(JournalError):
    """A journal is not as it was written: a person must look before anything is done on its account."""

    exit_code: ClassVar[int] = 8


class SignatureError(UserError):
    """A signature could not be made or checked; names the file and what OpenSSH said."""


class PlanError(UserError):
    """A plan file may not be used: stale, altered, expired or already used."""

    exit_code: ClassVar[int] = 7


class MalformedPlan(PlanError):
    """The text is no plan of this program, or not a whole one."""


class AlteredPlan(PlanError):
    """The plan is not, byte by byte, what was made and approved."""


class ExpiredPlan(PlanError):
    """The plan is past its `valid_until`, or was made after the present moment."""


class StalePlan(PlanError):
    """The plan was made under other rules than those of now; names which."""


class UsedPlan(PlanError):
    """The plan was pushed before; a plan is pushed once."""


class UnapprovedPlan(PlanError):
    """Fewer people approved the plan than the policy demands."""


class DeviceError(AsaTransportError):
    """One device could not be audited; the others go on.

    Args:
        device: Inventory name.
        did: What we were doing, e.g. ``'show license all'``.
        saw: What came back; untrusted device text must already be quoted by the caller.
        hint: What a person can do next.

    Attributes:
        ssh: What the two sides agreed on before it failed; `None` where it did not come that far.
        ssh_offer: What the device offered, where they agreed on nothing; `None` where it did not say.
    """

    stage: Stage
    ssh: SshFacts | None = None
    ssh_offer: SshOffer | None = None

    def __init__(self, device: str, *, did: str, saw: str, hint: str) -> None:
        self.device = device
        self.did = did
        self.saw = saw
        self.hint = hint
        super().__init__(f"{device}: {did}: {saw}\n  hint: {hint}")

    def __reduce__(self) -> tuple[Any, ...]:
        # What Python does by itself would call the class with the message alone.
        return _remade, (type(self), self.args), self.__dict__

    @property
    def error(self) -> str:
        """What was done and what was seen, without the device's name and the hint."""
        return f"{self.did}: {self.saw}"


def _remade(kind: type[DeviceError], args: tuple[Any, ...]) -> DeviceError:
    return kind.__new__(kind, *args)


class ConnectError(DeviceError):
    """Name lookup, TCP connection, SSH banner or key exchange failed; `is_transient` admits another try."""

    stage = Stage.CONNECT

    def __init__(self, device: str, *, did: str, saw: str, hint: str, is_transient: bool = False) -> None:
        self.is_transient = is_transient
        super().__init__(device, did=did, saw=saw, hint=hint)


class JumpError(ConnectError):
    """The jump host was not reached, refused us, or was lost; nothing is said of the device behind it.

    Never transient: who has the jump host connects to it again, once for all devices behind it.  The text
    does not name the device, so that those of one fault are alike.

    Attributes:
        is_lasting: It would be the same again: a wrong key, a refused user.
    """

    stage = Stage.JUMP

    def __init__(self, device: str, *, did: str, saw: str, hint: str, is_lasting: bool = False) -> None:
        self.is_lasting = is_lasting
        super().__init__(device, did=did, saw=saw, hint=hint)


class HostKeyError(DeviceError):
    """The device's SSH host key is unknown, changed or revoked."""

    stage = Stage.HOST_KEY


class AuthenticationError(DeviceError):
    """User name or password was rejected, or no method was left; never retried.

    Attributes:
        is_rejection: The login failed after the password was sent, silence aside: it is taken for a
            wrong one, whatever the device called it, because a directory may have counted it.
    """

    stage = Stage.AUTHENTICATE

    def __init__(self, device: str, *, did: str, saw: str, hint: str, is_rejection: bool = False) -> None:
        self.is_rejection = is_rejection
        super().__init__(device, did=did, saw=saw, hint=hint)


class EnableError(DeviceError):
    """Privileged mode was not reached.

    Attributes:
        is_rejection: As in `AuthenticationError`, of the enable password.
    """

    stage = Stage.ENABLE

    def __init__(self, device: str, *, did: str, saw: str, hint: str, is_rejection: bool = False) -> None:
        self.is_rejection = is_rejection
        super().__init__(device, did=did, saw=saw, hint=hint)


class CollectError(DeviceError):
    """The session broke, timed out or lost its place while reading."""

    stage = Stage.COLLECT


class LeaseLost(DeviceError):
    """The lock under which a push changes the device was lost; the line that was next was not sent."""

    stage = Stage.COLLECT


class ParseError(DeviceError):
    """The outputs are not those of an ASA, or a required one is missing."""

    stage = Stage.PARSE


class DeliveryError(AsaTransportError):
    """A notification did not arrive; the text never holds a URL, a token or what a server answered.

    Attributes:
        is_transient: Whether another try may help.
        retry_after_s: How long the receiver asks to be left alone, if it said so.
    """

    def __init__(self, seen: str, *, is_transient: bool = False, retry_after_s: float | None = None) -> None:
        self.is_transient = is_transient
        self.retry_after_s = retry_after_s
        super().__init__(seen)


class OutputError(AsaTransportError, OSError):
    """What was found cannot be written where it should go: a full disk, or a reader that left.

    An `OSError` too, so that whoever expects that writing may fail need not know of this one.

    Args:
        place: What people call it: a path, or `stdout`.
        error: What the system said.
    """

    def __init__(self, place: str, error: OSError) -> None:
        self.place = place
        super().__init__(error.errno, error.strerror)

    def __str__(self) -> str:
        return f"{self.place}: cannot be written: {self.strerror}"


class ForbiddenCommand(AsaTransportError):
    """A command outside the allow-list of an audit was asked for: a bug of ours, not of the user."""


class TemplateError(AsaTransportError):
    """A template is missing or malformed; names the file and the line."""
