"""Make room for the pushes whose devices workers in the regions push; only PostgreSQL uses it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "asa_push_runs",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("push_order", sa.LargeBinary, nullable=False),
        sa.Column("plan", sa.LargeBinary, nullable=False),
        sa.Column("is_stopped", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("seen_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "asa_push_devices",
        _run(),
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("region", sa.String(120), nullable=False),
        sa.Column("task", sa.LargeBinary, nullable=False),
        sa.Column("is_settled", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
        sa.Column("holder", sa.String(40)),
        sa.Column("worker", sa.Integer),
        sa.Column("seen_at", sa.DateTime),
        sa.Column("outcome", sa.LargeBinary),
    )
    op.create_table(
        "asa_push_records",
        _run(),
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("part", sa.String(12), nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )


def _run() -> sa.Column[str]:
    key = sa.ForeignKey("asa_push_runs.id", ondelete="CASCADE")
    return sa.Column("run", sa.String(80), key, primary_key=True)
