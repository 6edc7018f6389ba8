"""Put together what became of a push: from its journal, its document and its plan, as far as each is there.

Pure.  The journal goes first, because it is written before each thing happens: a run that was killed
has no document, or an older one.  What the journal leaves in doubt is called unknown here, too.

Source: docs/schemas/push.json; the helps of `show` and `ticket`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from asa_transport.core.documents.journal import say_break
from asa_transport.core.documents.push import COMMIT, SCHEMA, PushDocument, PushedDevice
from asa_transport.core.documents.records import in_json, part
from asa_transport.core.pushing.unfinished import InDoubt, left
from asa_transport.model import Began, Ended, Finished, LineSent, Plan, Resumed, Stepped
from asa_transport.model.journal import JournalHistory, JournalRecord
from asa_transport.text import instant

_CUT: Final = (
    "the run ended while it worked on this device, at '{}': run 'asa-transport resume {}', which reads the "
    "device first"
)
_NOT_COME: Final = "the run ended before it started with this device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What became of one device; words as in the push document, times as ISO 8601, UTC.

    Attributes:
        startup: What a reload would bring, as it was read at the end.
        serial: Of the firewall that answered last, as `hostname` is.
        lines: All that was sent and writes, in order.
        first_line_at: When the first of them was sent.
    """

    name: str
    wave: int | None
    outcome: str
    saved: bool
    verified: str | None
    startup: str | None
    serial: str | None
    hostname: str | None
    reason: str | None
    drift: str | None
    lines: tuple[str, ...] = ()
    first_line_at: str | None = None
    ended_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSeen:
    """The journal as it is now; `broken` says where it is not as it was written."""

    records: int
    head: str
    broken: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRecord:
    """One push, or one dry run; `None` where nothing tells.

    Attributes:
        operators: Who began it, and who went on with it, with the times.
        approvals: Principals whose signatures were accepted.
        is_finished: Whether it came to its end.
    """

    id: str
    mode: str
    plan_id: str
    plan_digest: str
    started_at: str | None
    finished_at: str | None
    operators: tuple[tuple[str, str], ...]
    approvals: tuple[str, ...]
    tool_version: str | None
    inventory: str | None
    policy_sha256: str | None
    exit_code: int | None
    stopped_by: str | None
    is_finished: bool
    journal: JournalSeen | None
    devices: tuple[Became, ...]


def push_record(
    document: Mapping[str, Any] | None, history: JournalHistory | None, plan: Plan | None, *, run: str
) -> PushRecord:
    """Return what became of the push.

    Args:
        document: Of the run; `None` where it has none.
        history: Of its journal; `None` for a dry run.
        plan: The run's own copy, for the waves; `None` where it is not there.

    Raises:
        ValueError: Neither tells of a push, or the document is not of one.
    """
    if document is not None and document.get("schema") != SCHEMA:
        raise ValueError(f"schema is {in_json(document.get('schema'))}; expected {SCHEMA!r}")
    told = None if document is None else part(PushDocument, document)
    records = () if history is None else history.records
    waves = {} if plan is None else {one.name: one.wave for one in plan.devices}
    began = records[0].event if records else None
    last = records[-1] if records else None
    if not isinstance(began, Began) or last is None:
        if told is None:
            raise ValueError("neither a journal nor a document says what the run did")
        return _of_document(told, waves, history, run=run)
    is_finished = isinstance(last.event, Finished)
    written = {one.name: one for one in told.devices} if told is not None and is_finished else {}
    traces = _traces(records)
    return PushRecord(
        id=run,
        mode=COMMIT,
        plan_id=began.plan_id,
        plan_digest=began.plan_digest,
        started_at=instant(records[0].at),
        finished_at=instant(last.at) if is_finished else None,
        operators=tuple(_operators(records)),
        approvals=began.approvals,
        tool_version=began.tool_version,
        inventory=None if told is None else told.run.inventory,
        policy_sha256=None if told is None else told.run.policy_sha256,
        exit_code=last.event.exit_code if isinstance(last.event, Finished) else None,
        stopped_by=last.event.stopped_by if isinstance(last.event, Finished) else None,
        is_finished=is_finished,
        journal=_journal(history),
        devices=tuple(
            traces.added_to(_row(written[name], waves) if name in written else one)
            for name, one in _left(records, began, waves, run=run).items()
        ),
    )


def _of_document(
    told: PushDocument, waves: Mapping[str, int], history: JournalHistory | None, *, run: str
) -> PushRecord:
    return PushRecord(
        id=run,
        mode=told.mode,
        plan_id=told.plan.id,
        plan_digest=told.plan.digest,
        started_at=instant(told.run.started_at),
        finished_at=instant(told.run.finished_at),
        operators=(),
        approvals=(),
        tool_version=told.run.tool_version,
        inventory=told.run.inventory,
        policy_sha256=told.run.policy_sha256,
        exit_code=told.run.exit_code,
        stopped_by=told.stopped_by,
        is_finished=True,
        journal=_journal(history),
        devices=tuple(_row(one, waves) for one in told.devices),
    )


def _journal(history: JournalHistory | None) -> JournalSeen | None:
    if history is None:
        return None
    broken = None if history.broken is None else say_break(history.broken)
    return JournalSeen(records=len(history.records), head=history.head, broken=broken)


def _operators(records: Sequence[JournalRecord]) -> Iterable[tuple[str, str]]:
    for record in records:
        if isinstance(record.event, Began | Resumed):
            yield record.event.operator, instant(record.at)


def _left(
    records: Sequence[JournalRecord], began: Began, waves: Mapping[str, int], *, run: str
) -> Mapping[str, Became]:
    """Return what the journal alone says of each device, in the order of their turn."""
    ends: dict[str, Ended] = {}
    for record in records:
        if isinstance(record.event, Ended):
            ends[record.event.device] = record.event
        elif isinstance(record.event, Stepped):
            # Another process took it up again: its earlier end is no end any more.
            ends.pop(record.event.device, None)
    lefts = left([record.event for record in records], began.devices)
    found: dict[str, Became] = {}
    for name, how in lefts.items():
        end = ends.get(name)
        is_cut = end is None and isinstance(how, InDoubt)
        found[name] = Became(
            name=name,
            wave=waves.get(name),
            outcome=end.outcome if end is not None else "unknown" if is_cut else "not-reached",
            saved=end is not None and end.saved,
            verified=end.verified.value if end is not None and end.verified is not None else None,
            startup=end.startup.value if end is not None and end.startup is not None else None,
            serial=None,
            hostname=None,
            reason=_CUT.format(how.at.value, run)
            if end is None and isinstance(how, InDoubt)
            else (_NOT_COME if end is None else end.reason),
            drift=None,
        )
    return found


def _row(device: PushedDevice, waves: Mapping[str, int]) -> Became:
    return Became(
        name=device.name,
        wave=waves.get(device.name),
        outcome=device.outcome,
        saved=device.saved,
        verified=None if device.verified is None else device.verified.value,
        startup=None if device.startup is None else device.startup.value,
        serial=device.identity.serial,
        hostname=device.identity.hostname,
        reason=device.reason,
        drift=device.drift,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traces:
    """What the journal has of each device's lines, with their times, and of its end."""

    sent: Mapping[str, Sequence[tuple[str, str]]]
    ended: Mapping[str, str]

    def added_to(self, became: Became) -> Became:
        sent = self.sent.get(became.name, ())
        return replace(
            became,
            lines=tuple(line for line, _ in sent),
            first_line_at=sent[0][1] if sent else None,
            ended_at=self.ended.get(became.name),
        )


def _traces(records: Sequence[JournalRecord]) -> _Traces:
    sent: dict[str, list[tuple[str, str]]] = {}
    ended: dict[str, str] = {}
    for record in records:
        if isinstance(record.event, LineSent):
            sent.setdefault(record.event.device, []).append((record.event.line, instant(record.at)))
        elif isinstance(record.event, Ended):
            ended[record.event.device] = instant(record.at)
    return _Traces(sent=sent, ended=ended)
