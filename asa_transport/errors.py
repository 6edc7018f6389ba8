"""Every error this program raises on purpose, in one tree.

    AsaTransportError
    ├── UserError               exit 2; nothing was contacted
    │   ├── InventoryError      every problem of a file at once, with file:line:column
    │   ├── PolicyError
    │   ├── CatalogueError      the bug catalogue, ours or the user's
    │   ├── LedgerError         the exceptions file
    │   ├── ExemptionError      an exception that may not be added or closed
    │   ├── CredentialError     which source, never its content
    │   ├── SelectionError      `--limit` matched nothing
    │   ├── StoreError          the run store cannot be opened, read or written
    │   ├── RenderError         a value or a template that would send what nobody approved
    │   └── PlanError           exit 7; a plan that may not be used
    │       ├── MalformedPlan   no plan, or one that was cut or written by hand
    │       ├── AlteredPlan     not what was approved
    │       ├── ExpiredPlan     past its `valid_until`, or from the future
    │       └── UsedPlan        a plan is pushed once
    ├── DeviceError             one device; becomes its `NotAudited` outcome
    │   ├── ConnectError        name lookup, TCP, SSH banner and key exchange
    │   ├── HostKeyError        unknown, changed or revoked key
    │   ├── AuthenticationError rejected user name or password; never retried
    │   ├── EnableError         privileged mode was not reached
    │   ├── CollectError        the session broke or lost its place while reading
    │   └── ParseError          the outputs are not those of an ASA
    ├── ForbiddenCommand        our own bug: a command outside the allow-list
    └── TemplateError           a template is missing or malformed

A message has four parts: which device, what we did, what we saw (quoted), what
to do next.  It never holds a password, a key or a whole configuration.
"""

from __future__ import annotations

from typing import ClassVar

from asa_transport.model import Problem, Stage


class AsaTransportError(Exception):
    """Base of all deliberate errors."""


class UserError(AsaTransportError):
    """The user's input cannot be used; nothing was contacted.

    Attributes:
        exit_code: What the program ends with (CONTRACT §3).
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
    """The exceptions file cannot be used."""


class ExemptionError(UserError):
    """An exception cannot be added or closed as asked; the file is as it was."""


class CredentialError(UserError):
    """A secret could not be obtained from its source; the text never holds the secret."""


class SelectionError(UserError):
    """`--limit` is malformed or matches no device."""


class StoreError(UserError):
    """The run store cannot be opened, read or written; the text never holds a password."""


class RenderError(UserError):
    """A value, or what a template made of it, must not become a device line; nothing was rendered."""


class PlanError(UserError):
    """A plan file may not be used: stale, altered, expired or already used."""

    exit_code: ClassVar[int] = 7


class MalformedPlan(PlanError):
    """The text is no plan of this program, or not a whole one."""


class AlteredPlan(PlanError):
    """The plan is not, byte by byte, what was made and approved."""


class ExpiredPlan(PlanError):
    """The plan is past its `valid_until`, or was made after the present moment."""


class UsedPlan(PlanError):
    """The plan was pushed before; a plan is pushed once."""


class DeviceError(AsaTransportError):
    """One device could not be audited; the others go on.

    Args:
        device: Inventory name.
        did: What we were doing, e.g. ``'show license all'``.
        saw: What came back; untrusted device text must already be quoted by the caller.
        hint: What a person can do next.
    """

    stage: Stage

    def __init__(self, device: str, *, did: str, saw: str, hint: str) -> None:
        self.device = device
        self.did = did
        self.saw = saw
        self.hint = hint
        super().__init__(f"{device}: {did}: {saw}\n  hint: {hint}")

    @property
    def error(self) -> str:
        """What was done and what was seen, without the device's name and the hint."""
        return f"{self.did}: {self.saw}"


class ConnectError(DeviceError):
    """Name lookup, TCP connection, SSH banner or key exchange failed; `is_transient` admits another try."""

    stage = Stage.CONNECT

    def __init__(self, device: str, *, did: str, saw: str, hint: str, is_transient: bool = False) -> None:
        self.is_transient = is_transient
        super().__init__(device, did=did, saw=saw, hint=hint)


class HostKeyError(DeviceError):
    """The device's SSH host key is unknown, changed or revoked."""

    stage = Stage.HOST_KEY


class AuthenticationError(DeviceError):
    """User name or password was rejected, or no method was left; never retried."""

    stage = Stage.AUTHENTICATE


class EnableError(DeviceError):
    """Privileged mode was not reached."""

    stage = Stage.ENABLE


class CollectError(DeviceError):
    """The session broke, timed out or lost its place while reading."""

    stage = Stage.COLLECT


class ParseError(DeviceError):
    """The outputs are not those of an ASA, or a required one is missing."""

    stage = Stage.PARSE


class ForbiddenCommand(AsaTransportError):
    """A command outside the allow-list of an audit was asked for: a bug of ours, not of the user."""


class TemplateError(AsaTransportError):
    """A template is missing or malformed; names the file and the line."""
