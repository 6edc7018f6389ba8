"""Make the tables of runs and their devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "asa_runs",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(80), nullable=False, unique=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False, index=True),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("run", sa.LargeBinary, nullable=False),
        sa.Column("context", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "asa_run_devices",
        sa.Column("run_key", sa.Integer, sa.ForeignKey("asa_runs.key", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("verdict", sa.String(20)),
        sa.Column("version", sa.String(80)),
        sa.Column("model", sa.String(80)),
        sa.Column("transport", sa.String(20)),
        sa.Column("deadline_at", sa.DateTime),
        sa.Column("contact", sa.String(20)),
        sa.Column("severity", sa.String(20)),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    op.create_index("asa_run_devices_by_name", "asa_run_devices", ["name", "transport", "run_key"])
