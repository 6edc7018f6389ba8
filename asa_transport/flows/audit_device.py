"""Audit one device: collect, parse, decide; one outcome, always.

Sends read commands only, and as few as tell what is needed: two more are asked
only where the first answers leave the transport or the time zone open.  In
multiple-context mode it goes to the system execution space, where licences are
configured (unproven, `license-in-system`), and back to the context it landed in.  Where it was
asked to probe, `ping tcp` follows in that context: the system space has no interfaces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TypeAlias

from asa_transport.asa import commands, prompts
from asa_transport.capabilities import Deadline, OpenSession, Session, is_read_only, untold
from asa_transport.core.parsing import parse
from asa_transport.core.parsing.reading import for_one_device
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning import probe
from asa_transport.engine import bridge
from asa_transport.errors import DeviceError, ParseError
from asa_transport.model import (
    Audited,
    AuditOutcome,
    Capture,
    CommandOutput,
    Device,
    DeviceFacts,
    LicenseMode,
    NotAudited,
    Proxy,
    SshFacts,
    TransportSource,
    UnsavedState,
)
from asa_transport.text import quoted

# Characters.  A firewall says some thousand, which are read in a millisecond; one that floods must not delay
# the others while it is read.
_MUCH: Final = 100_000

# Of all that was read, and of one answer alone, before and after a change.
_MEANINGS: Final = 4
# All that facts are made of (`parse.facts`): whether a version must be there, what the session agreed on, the
# prompt it stands at, and the last answer to each command with its prompt.
_Read: TypeAlias = tuple[bool, SshFacts | None, str, tuple[tuple[str, str, str], ...]]

ProbeTargets: TypeAlias = Callable[[Device, DeviceFacts], Sequence[Proxy]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """Audits devices, one at a time or many of them in turns on one loop.

    Attributes:
        open_session: Logs in; a test passes its own.
        tables: The compiled TextFSM templates.
        targets: What each firewall itself tries to reach, once its facts are known; `None`
            for an audit that does not probe.
        also: What is asked on every device beside the usual.
        heard: Told of each answer.
    """

    open_session: OpenSession
    tables: TableSet
    targets: ProbeTargets | None = None
    also: Sequence[str] = ()
    heard: Callable[[], None] = untold

    def audit(self, device: Device, deadline: Deadline) -> AuditOutcome:
        """Return this device's outcome; a fault of the device never raises."""
        notes = Notebook(device, self.tables, self.heard)
        try:
            session = self.open_session(device, deadline)
            try:
                facts = self.read(session, notes)
            finally:
                session.close()
        except DeviceError as error:
            return not_audited(device, error, notes.capture())
        return Audited(device=device, capture=notes.capture(), facts=facts)

    def read(self, session: Session, notes: Notebook) -> DeviceFacts:
        """Read all that a judgement needs, and probe; what was read is in the notes even where this raises.

        Raises:
            DeviceError: CollectError or ParseError.
        """
        notes.ssh = session.ssh
        landed_in = None
        if session.prompt == prompts.BARE.text:
            # Threat Defense knows none of an audit's other commands, and has no licence to judge.
            return _threat_defense(session, notes)
        if parse.is_multiple_mode(notes.ask(session, commands.MODE).text):
            landed_in = to_system(session)
            notes.ask(session, commands.CONTEXTS)
        for command in commands.ALWAYS:
            notes.ask(session, command)
        facts = notes.facts()
        open_questions = tuple(dict.fromkeys((*_open_questions(facts), *self.also)))
        for command in open_questions:
            notes.ask(session, command)
        if open_questions:
            facts = notes.facts()
        if landed_in is not None:
            session.run(commands.to_context(landed_in))
        self._probe(session, notes, facts)
        return facts

    def _probe(self, session: Session, notes: Notebook, facts: DeviceFacts) -> None:
        """Ask with `ping tcp`; a target that the allow-list cannot express is not asked."""
        for target in () if self.targets is None else self.targets(notes.device, facts):
            command = probe.command(target)
            if is_read_only(command, probe=True):
                notes.ask(session, command)


class Notebook:
    """What one session has read from one device so far, and what it means.

    Attributes:
        ssh: What that session agreed on.
    """

    def __init__(self, device: Device, tables: TableSet, heard: Callable[[], None] = untold) -> None:
        self.device = device
        self._tables = tables
        self._heard = heard
        self._answered = for_one_device()
        self._started_at = datetime.now(UTC)
        self._outputs: list[CommandOutput] = []
        self._meant: dict[_Read, DeviceFacts] = {}
        self.ssh: SshFacts | None = None

    def ask(self, session: Session, command: str) -> CommandOutput:
        """Run a command and keep its answer; an earlier answer to the same command is superseded."""
        output = session.run(command)
        self._heard()
        self._outputs.append(output)
        return output

    def keep(self, outputs: Sequence[CommandOutput]) -> None:
        """Keep answers that came some other way."""
        self._outputs.extend(outputs)

    def capture(self, *, since: int = 0) -> Capture:
        """Return all that was read, or what came after so many answers."""
        return Capture(
            device=self.device.name,
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            outputs=tuple(self._outputs[since:]),
            ssh=self.ssh,
        )

    def facts(self) -> DeviceFacts:
        """Return what all of it says; raises ParseError where that is not an ASA."""
        capture = self.capture()
        if sum(len(output.text) for output in self._outputs) > _MUCH:
            return bridge.aside(lambda: self._parsed(capture))
        return self._parsed(capture)

    def _parsed(self, capture: Capture) -> DeviceFacts:
        return _with_reading_time(self._meaning(capture), capture)

    def _meaning(self, capture: Capture, *, needs_version: bool = True) -> DeviceFacts:
        """Return what the answers mean; a push asks some fifty times, and mostly nothing has changed."""
        last = {output.command: output for output in capture.outputs}
        read = (
            needs_version,
            capture.ssh,
            capture.outputs[-1].prompt if capture.outputs else "",
            tuple((output.command, output.text, output.prompt) for output in last.values()),
        )
        meant = self._meant.pop(read, None)
        if meant is None:
            meant = parse.facts(capture, self._tables, needs_version=needs_version, answered=self._answered)
        self._meant[read] = meant
        if len(self._meant) > _MEANINGS:
            del self._meant[next(iter(self._meant))]
        return meant

    def facts_of(self, output: CommandOutput) -> DeviceFacts:
        """Return what one answer says by itself; nothing where it is no answer that can be read."""
        zones = [one for one in self._outputs if one.command == commands.CONFIG_CLOCK]
        capture = replace(self.capture(), outputs=(*zones, output))
        try:
            return self._meaning(capture, needs_version=False)
        except ParseError:
            return DeviceFacts()


def _threat_defense(session: Session, notes: Notebook) -> DeviceFacts:
    """Return the facts of what has the prompt of Threat Defense, which must be one."""
    text = notes.ask(session, commands.VERSION).text
    facts = notes.facts()
    if facts.license_mode is not LicenseMode.THREAT_DEFENSE:
        raise ParseError(
            notes.device.name,
            did=f"reading {commands.VERSION!r} at the prompt '>'",
            saw=f"no line that says Threat Defense; it begins {quoted(text.strip()[:80])}",
            hint="log in by hand and look: does the session land where an ASA takes commands?",
        )
    return facts


def not_audited(device: Device, error: DeviceError, capture: Capture | None = None) -> NotAudited:
    """Return the outcome of a device that failed with this error."""
    return NotAudited(
        device=device,
        stage=error.stage,
        error=error.error,
        hint=error.hint,
        capture=capture,
        ssh=error.ssh or (None if capture is None else capture.ssh),
        ssh_offer=error.ssh_offer,
    )


def to_system(session: Session) -> str | None:
    """Go to the system execution space; return the context to go back to, where the prompt named it."""
    before = session.prompt
    session.run(commands.SYSTEM)
    # `host/admin#` becomes `host#`; a user context may not leave, and its prompt stays.
    named, now = prompts.whole(before), prompts.whole(session.prompt)
    # A role is no name: it may change between the two.
    gone = () if named is None or now is None else tuple(one for one in named.names if one not in now.names)
    return gone[0] if len(gone) == 1 else None


def _with_reading_time(facts: DeviceFacts, capture: Capture) -> DeviceFacts:
    """Note when the device's clock was read by ours, so that the two can be compared."""
    output = capture.output(commands.CLOCK)
    if facts.clock is None or output is None:
        return facts
    return replace(facts, clock=replace(facts.clock, read_at=output.started_at))


def _open_questions(facts: DeviceFacts) -> tuple[str, ...]:
    """Return the commands that may tell what the usual ones left open."""
    asked = []
    source = facts.transport.source
    if facts.license_mode is LicenseMode.SMART and source in (None, TransportSource.VERSION):
        asked.append(commands.CONFIG_ALL_LICENSE)
    if facts.clock is not None and facts.clock.at is None:
        asked.append(commands.CONFIG_CLOCK)
    if facts.unsaved.state is not UnsavedState.NONE and facts.startup_block is not None:
        asked.append(commands.CHECKSUM)
    return tuple(asked)
