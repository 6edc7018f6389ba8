"""Look at one device while it is pushed: its block, its role, its contact, what it would start with.

Reads only.  What cannot be read is read once more, because a garbled answer says nothing of
the device, and a device is not taken back, or given up, for a line of noise.

Source: docs/push.md, "One device, step by step"; ntc-templates (failover); the
system space is unproven (`license-in-system`).
"""

from __future__ import annotations

from datetime import datetime

from asa_transport.asa.commands import (
    CHECKSUM,
    CLOCK,
    CLUSTER,
    CONFIG_LICENSE,
    FAILOVER,
    LAST_CHANGE,
    LICENSE_STATUS,
    STARTUP,
    SYSTEM,
    VERSION,
)
from asa_transport.asa.replies import Objected, is_standby_prompt
from asa_transport.asa.terminal import is_chatter
from asa_transport.capabilities import Session
from asa_transport.core.judgement.cases.standing import difference, standing
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.pushing.config_trace import trace_of
from asa_transport.core.pushing.startup import startup_standing, transport_lines
from asa_transport.errors import CollectError
from asa_transport.flows.audit_device import Notebook
from asa_transport.model import (
    ClusterRole,
    ConfigTrace,
    Device,
    DeviceFacts,
    FailoverState,
    LastContact,
    Standing,
    Startup,
    Undertaking,
)
from asa_transport.text import quoted


class PushReader:
    """What one device shows; `notes` have all that was read."""

    def __init__(self, device: Device, tables: TableSet) -> None:
        self._device = device
        self.notes = Notebook(device, tables)
        # As it was read last.
        self.block: tuple[str, ...] | None = None

    def go_to(self, session: Session, space: str | None) -> None:
        """Go to the system execution space, where the lines belong there; raise CollectError where it fails.

        A line typed in another context than the one that was read would be another line.
        """
        if space is None:
            return
        text = session.run(SYSTEM).text
        if not all(map(is_chatter, text.split("\n"))):
            raise CollectError(
                self._device.name,
                did=repr(SYSTEM),
                saw=quoted(text.strip()),
                hint="log in by hand and check; the licence is configured in the system execution space",
            )

    def stands(self, session: Session, undertaking: Undertaking) -> Standing:
        """Return where the `license smart` block stands now."""
        where = self._block_stands(session, undertaking)
        return self._block_stands(session, undertaking) if where is Standing.FOREIGN else where

    def difference(self, wanted: tuple[str, ...]) -> str:
        """Return how the block that was read last differs, for a person."""
        return difference(self.block, wanted)

    def unlike(self, session: Session, undertaking: Undertaking) -> Objected | None:
        """Return what is not as predicted after the lines were taken."""
        if self.stands(session, undertaking) is Standing.INTENDED:
            return None
        found = self.difference(undertaking.predicted)
        return Objected(reason=f"the configuration differs from the prediction: {found}")

    def another_role(self, session: Session) -> Objected | None:
        """Return an objection where this unit is not, or may not be, the one that takes configuration.

        That is the active unit of a pair, and the control unit of a cluster; of a pair in a public
        cloud each unit takes its own.
        """
        if is_standby_prompt(session.prompt):
            return Objected(reason=f"the unit is standby now: {session.prompt!r}", role_changed=True)
        if not (self._has_role(session) or self._has_role(session)):
            return Objected(reason="which unit is active could not be read")
        facts = self.notes.facts()
        if facts.cluster.enabled is not False and facts.cluster.role is not None:
            role = self._cluster_role(session) or self._cluster_role(session)
            if role is None:
                return Objected(reason="the unit's role in its cluster could not be read")
            if role is not ClusterRole.CONTROL:
                return Objected(reason=f"the unit's role in its cluster is {role} now", role_changed=True)
        failover = facts.failover
        if not failover.enabled or failover.is_cloud or failover.state is FailoverState.ACTIVE:
            return None
        return Objected(reason=f"the unit is {failover.state} now", role_changed=True)

    def startup_lines(self, session: Session) -> tuple[str, ...] | None:
        """Return the transport lines of the startup configuration; `None` where it could not be read."""
        lines = self._startup_once(session)
        return self._startup_once(session) if lines is None else lines

    def startup(self, session: Session, undertaking: Undertaking) -> Startup | None:
        """Return what a reload would bring; `None` where it could not be read."""
        return startup_standing(self.startup_lines(session), undertaking)

    def trace(self, session: Session) -> ConfigTrace:
        """Return the trace that the last change of the configuration has left."""
        modified = self.notes.ask(session, LAST_CHANGE).text
        return trace_of(modified, self.notes.ask(session, CHECKSUM).text)

    def first_trace(self) -> ConfigTrace:
        """Return the trace in what was read already."""
        capture = self.notes.capture()
        texts = [output.text if output else "" for output in map(capture.output, (VERSION, CHECKSUM))]
        return trace_of(*texts)

    def clock_at(self, session: Session) -> datetime | None:
        """Return the device's own time, aware UTC; `None` where it does not say, or not in a zone we know."""
        self.notes.ask(session, CLOCK)
        clock = self.notes.facts().clock
        return None if clock is None else clock.at

    def last_contact(self, session: Session) -> LastContact:
        """Return the last contact, as the answer that tells it does now."""
        return self.license_answer(session).authorization.last_contact

    def license_answer(self, session: Session) -> DeviceFacts:
        """Ask for the last contact; return what that answer alone says of contact and transport.

        Nothing, where it cannot be read: another answer, or an older one, says nothing of this moment.
        """
        source = self.notes.facts().sources.get("authorization.last_contact")
        output = self.notes.ask(session, source.command if source is not None else LICENSE_STATUS)
        return self.notes.facts_of(output)

    def _block_stands(self, session: Session, undertaking: Undertaking) -> Standing:
        return standing(self.read_block(session), undertaking)

    def read_block(self, session: Session) -> tuple[str, ...] | None:
        """Read the block; `None` where the answer is no block: only silence says that there is none."""
        text = self.notes.ask(session, CONFIG_LICENSE).text
        block = self.notes.facts().license_block
        is_noise = any(not (each.isprintable() or each in "\n\r\t") or each == "\ufffd" for each in text)
        self.block = None if is_noise or (not block and text.strip()) else block
        return self.block

    def _startup_once(self, session: Session) -> tuple[str, ...] | None:
        self.notes.ask(session, STARTUP)
        return transport_lines(self.notes.facts().startup_block)

    def _cluster_role(self, session: Session) -> ClusterRole | None:
        """Ask for the part; `None` where the answer says nothing of it, perhaps for a line of noise."""
        self.notes.ask(session, CLUSTER)
        cluster = self.notes.facts().cluster
        return cluster.role if cluster.enabled else None

    def _has_role(self, session: Session) -> bool:
        self.notes.ask(session, FAILOVER)
        failover = self.notes.facts().failover
        return failover.enabled is False or failover.state is not None
