"""Make the tables by which several machines exclude each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "asa_locks",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(160), nullable=False, unique=True),
        sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
        sa.Column("backend", sa.Integer),
        sa.Column("machine", sa.String(255)),
        sa.Column("operator", sa.String(255)),
        sa.Column("pid", sa.Integer),
        sa.Column("run", sa.String(80)),
        sa.Column("plan", sa.String(80)),
        sa.Column("since", sa.DateTime),
    )
    op.create_table(
        "asa_plan_uses",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("device", sa.String(128), primary_key=True),
        sa.Column("run", sa.String(80), nullable=False),
        sa.Column("machine", sa.String(255), nullable=False),
        sa.Column("operator", sa.String(255), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("unsettled", sa.LargeBinary),
        sa.Column("settled_by", sa.String(80)),
    )
