"""What the run store says of a run without opening its devices' records.

Source: docs/history.md.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from asa_transport.model.part import RunPart
from asa_transport.model.severity import Severity
from asa_transport.model.turn import RunTurn

AUDIT_KIND = "audit"
PUSH_KIND = "push"


class RunKind(enum.StrEnum):
    """What a run was, as a person tells them apart."""

    AUDIT = "audit"
    PLAN = "plan"
    DRY_RUN = "dry-run"
    PUSH = "push"


class RunStatus(enum.StrEnum):
    """How far a run came; `interrupted` also means a run that a person stopped."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """One run; times are aware UTC.

    Attributes:
        place: Machine and state directory where its folder is.
        inventory: As the user named it; `inventory_file` is the same file's absolute path.
        as_of: The time it was judged as of; its start, where no `--now` was given.
        finished_at: `None` while it runs, and where it was killed.
        exit_code: `None` as `finished_at`.
        limit: Its `--limit` patterns; empty for the whole inventory.
        not_selected: Those that it would have been of too, had the inventory not said `enabled: false`.
        part: Which part of the selection it is of; `None` for the whole of it.
        elsewhere: The devices that are in other parts, a name a line: a list of a hundred thousand names
            would be read name by name with every run.
        devices: How many it selected; `not_audited` counts those of them that were not.
        by_severity: How many findings of each severity; none left out that is not 0.
        size: Bytes of its folder.
        is_dry: Whether a push only looked.
        outcomes: Of a push: how many devices had which outcome, in the words of its document.
        sequence: Its number among the runs; `None` where a release gave it none.
        operator: The login name under which it was made; `None` where a release kept none.
    """

    id: str
    kind: str
    status: RunStatus
    place: str
    started_at: datetime
    as_of: datetime
    finished_at: datetime | None = None
    tool_version: str
    inventory: str
    inventory_file: str
    policy_sha256: str
    exit_code: int | None = None
    fail_on: Severity
    limit: tuple[str, ...] = ()
    not_selected: tuple[str, ...] = ()
    part: RunPart | None = None
    elsewhere: str = ""
    devices: int = 0
    not_audited: int = 0
    by_severity: Mapping[Severity, int] = field(default_factory=dict)
    size: int = 0
    is_dry: bool = False
    outcomes: Mapping[str, int] = field(default_factory=dict)
    sequence: int | None = None
    operator: str | None = None

    @property
    def machine(self) -> str:
        """The machine on which it was made."""
        return self.place.partition(":")[0]

    @property
    def turn(self) -> RunTurn:
        """Where it stands among the others."""
        return RunTurn(sequence=self.sequence, started_at=self.started_at, id=self.id)

    @property
    def what(self) -> str:
        """What it was: a `RunKind`, or the word of another release; a push that only looked is a dry run."""
        return RunKind.DRY_RUN.value if self.kind == PUSH_KIND and self.is_dry else self.kind

    @property
    def is_whole(self) -> bool:
        """Whether it is a finished audit of a whole inventory."""
        return self.is_finished_audit and not self.limit and self.part is None

    def covers(self, part: RunPart | None) -> bool:
        """Return whether it is a finished audit, without a limit, of the whole or of just this part."""
        if part is None or self.is_whole:
            return self.is_whole
        return self.is_finished_audit and not self.limit and self.is_divided_as(part)

    def is_divided_as(self, part: RunPart | None) -> bool:
        """Return whether it is of the same shard and region, whatever was in it that day."""
        return (None if self.part is None else self.part.chosen) == (None if part is None else part.chosen)

    @property
    def is_finished_audit(self) -> bool:
        """Whether it is an audit that came to its end."""
        return self.kind == AUDIT_KIND and self.status is RunStatus.FINISHED
