"""Make room for what workers in the regions are to do: PostgreSQL only uses it, and a store has one shape."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "asa_work_runs",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("work_order", sa.LargeBinary, nullable=False),
        sa.Column("is_stopped", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("begun_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "asa_work_devices",
        _run(),
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("region", sa.String(120), nullable=False),
        sa.Column("credential", sa.String(120), nullable=False),
        sa.Column("jump", sa.String(300)),
        sa.Column("jump_credential", sa.String(120)),
        sa.Column("device", sa.LargeBinary, nullable=False),
        sa.Column("outcome", sa.LargeBinary),
        sa.Column("answers", sa.LargeBinary),
        sa.Column("duration_s", sa.Float),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("worker", sa.Integer),
        sa.Column("claims", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("asa_work_devices_by_region", "asa_work_devices", ["run", "region", "state"])
    op.create_index("asa_work_devices_by_state", "asa_work_devices", ["run", "state"])
    op.create_table(
        "asa_work_credentials",
        _run(),
        sa.Column("region", sa.String(120), primary_key=True),
        sa.Column("credential", sa.String(120), primary_key=True),
        sa.Column("use", sa.String(12), primary_key=True),
        sa.Column("rejected", sa.Integer, nullable=False, server_default="0"),
        sa.Column("is_proven", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "asa_workers",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("region", sa.String(120), nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("run", sa.String(80)),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )


def _run() -> sa.Column[str]:
    key = sa.ForeignKey("asa_work_runs.id", ondelete="CASCADE")
    return sa.Column("run", sa.String(80), key, primary_key=True)
