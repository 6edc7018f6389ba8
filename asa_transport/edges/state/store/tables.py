"""The tables of the run store, as SQLAlchemy Core names them; the migrations make them.

A test compares what the migrations make with what stands here.  Times are stored as UTC
without a zone, because SQLite knows none.  What is only ever shown again is in the
compressed records (`codec.py`); a column is there where something is searched or counted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

# Not alembic's own name: a database may hold the tables of other programs too.
VERSION_TABLE: Final = "asa_transport_version"
# The newest migration; a test compares it with the files.
HEAD: Final = "0005"
# Those that are read as they are, where nothing can be migrated; in the first one runs have no sequence.
FIRST: Final = "0001"
READABLE: Final = (FIRST, "0002", "0003", "0004", HEAD)


class Instant(TypeDecorator[datetime]):
    """An aware time, stored as UTC without a zone."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return what the database takes."""
        del dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the aware time."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


metadata = sa.MetaData()

runs = sa.Table(
    "asa_runs",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(80), nullable=False, unique=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("started_at", Instant, nullable=False, index=True),
    sa.Column("as_of", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    # A `StoredRun`, and what the run was judged by.
    sa.Column("run", sa.LargeBinary, nullable=False),
    sa.Column("context", sa.LargeBinary, nullable=False),
    # The later run has the higher number; one taken in from an older release, that of the run before it.
    sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
)

devices = sa.Table(
    "asa_run_devices",
    metadata,
    sa.Column("run_key", sa.Integer, sa.ForeignKey("asa_runs.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("verdict", sa.String(20)),
    sa.Column("version", sa.String(80)),
    sa.Column("model", sa.String(80)),
    sa.Column("transport", sa.String(20)),
    sa.Column("deadline_at", Instant),
    sa.Column("contact", sa.String(20)),
    # The worst finding's.
    sa.Column("severity", sa.String(20)),
    # An `AuditOutcome`.
    sa.Column("record", sa.LargeBinary, nullable=False),
    # "Since when" is asked of one device through all runs, and needs no record.
    sa.Index("asa_run_devices_by_name", "name", "transport", "run_key"),
)

# What workers in the regions are to do, and what became of it (`work.py`): rows of runs that are under
# way, which go with the run's end.  A message of the broker only says that there is something here.
work_runs = sa.Table(
    "asa_work_runs",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    # A `WorkOrder`.
    sa.Column("work_order", sa.LargeBinary, nullable=False),
    sa.Column("is_stopped", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("begun_at", Instant, nullable=False),
)

work_devices = sa.Table(
    "asa_work_devices",
    metadata,
    sa.Column("run", sa.String(80), sa.ForeignKey("asa_work_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("region", sa.String(120), nullable=False),
    sa.Column("credential", sa.String(120), nullable=False),
    sa.Column("jump", sa.String(300)),
    sa.Column("jump_credential", sa.String(120)),
    # A `Device`, and of one that is finished its outcome and its answers.
    sa.Column("device", sa.LargeBinary, nullable=False),
    sa.Column("outcome", sa.LargeBinary),
    sa.Column("answers", sa.LargeBinary),
    sa.Column("duration_s", sa.Float),
    # A `work.State`, who has claimed it, and how often it was claimed.
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("worker", sa.Integer),
    sa.Column("claims", sa.Integer, nullable=False, server_default="0"),
    sa.Index("asa_work_devices_by_region", "run", "region", "state"),
    sa.Index("asa_work_devices_by_state", "run", "state"),
)

# How a region's worker fared with a credential.
work_credentials = sa.Table(
    "asa_work_credentials",
    metadata,
    sa.Column("run", sa.String(80), sa.ForeignKey("asa_work_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("region", sa.String(120), primary_key=True),
    sa.Column("credential", sa.String(120), primary_key=True),
    sa.Column("use", sa.String(12), primary_key=True),
    sa.Column("rejected", sa.Integer, nullable=False, server_default="0"),
    sa.Column("is_proven", sa.Boolean, nullable=False, server_default=sa.false()),
)

# Who serves which region.  A worker lives as long as it holds the lock of its key.
workers = sa.Table(
    "asa_workers",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    sa.Column("region", sa.String(120), nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    # The run that it works on.
    sa.Column("run", sa.String(80)),
    # A `WorkerRecord`.
    sa.Column("record", sa.LargeBinary, nullable=False),
)

# What several machines exclude each other by (`machines.py`).  A name is locked by an advisory lock whose
# number is the row's key, so that two names never share one; the row says who took it last, for messages.
# Rows stay: a key that was given again would let two hold "the same" lock.
locks = sa.Table(
    "asa_locks",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    # `serial-NUMBER`, `device-NAME`, `plan-DIGEST`, `run-ID`.
    sa.Column("name", sa.String(160), nullable=False, unique=True),
    # How often it was taken: who lost it and has it again sees whether somebody had it in between.
    sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
    # The server's process that holds it, as `pg_locks` names it.
    sa.Column("backend", sa.Integer),
    sa.Column("machine", sa.String(255)),
    sa.Column("operator", sa.String(255)),
    sa.Column("pid", sa.Integer),
    sa.Column("run", sa.String(80)),
    sa.Column("plan", sa.String(80)),
    sa.Column("since", Instant),
)

# A plan is used once for a device, whichever machine pushes it; never removed.
plan_uses = sa.Table(
    "asa_plan_uses",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("device", sa.String(128), primary_key=True),
    sa.Column("run", sa.String(80), nullable=False),
    sa.Column("machine", sa.String(255), nullable=False),
    sa.Column("operator", sa.String(255), nullable=False),
    sa.Column("at", Instant, nullable=False),
    # An `Unsettled`: there from before the first line until the push or a later reading settles it.
    sa.Column("unsettled", sa.LargeBinary),
    sa.Column("settled_by", sa.String(80)),
)

# Pushes whose devices workers in the regions push (`pushes.py`).  The rows of a run stay until who began it
# has them in the run's own folder: they may be all that tells what was sent.
push_runs = sa.Table(
    "asa_push_runs",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    # A `PushOrder`, and the text of the plan's file.
    sa.Column("push_order", sa.LargeBinary, nullable=False),
    sa.Column("plan", sa.LargeBinary, nullable=False),
    sa.Column("is_stopped", sa.Boolean, nullable=False, server_default=sa.false()),
    # Until then who gives the devices out was there.
    sa.Column("seen_at", Instant, nullable=False),
)

push_devices = sa.Table(
    "asa_push_devices",
    metadata,
    sa.Column("run", sa.String(80), sa.ForeignKey("asa_push_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("region", sa.String(120), nullable=False),
    # A `PushTask`.
    sa.Column("task", sa.LargeBinary, nullable=False),
    # Whether it is only to be found out how the device stands, and ended.
    sa.Column("is_settled", sa.Boolean, nullable=False),
    # A `pushes.PushState`; the number of the attempt, which is another one for whoever claims it next.
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
    # Who has claimed it, by a name of his own and by his key among the workers, and when he was there last.
    sa.Column("holder", sa.String(40)),
    sa.Column("worker", sa.Integer),
    sa.Column("seen_at", Instant),
    # A `PushOutcome`.
    sa.Column("outcome", sa.LargeBinary),
)

# What the journal and the run's folder are to have, in the order of its numbers.
push_records = sa.Table(
    "asa_push_records",
    metadata,
    sa.Column("run", sa.String(80), sa.ForeignKey("asa_push_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    # Of the run's folder, for answers; empty for an event of the journal.
    sa.Column("part", sa.String(12), nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),
)
