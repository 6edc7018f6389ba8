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
HEAD: Final = "0002"
# Those that are read as they are, where nothing can be migrated; runs have a sequence from 0002 on.
READABLE: Final = ("0001", HEAD)


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
