"""Number the runs: those that are there by their clocks, which are all that is known of their order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column and fill it."""
    op.add_column("asa_runs", sa.Column("sequence", sa.Integer, nullable=False, server_default="0"))
    op.execute(
        """
        UPDATE asa_runs SET sequence = (
            SELECT count(*) FROM asa_runs AS earlier
            WHERE earlier.started_at < asa_runs.started_at
               OR (earlier.started_at = asa_runs.started_at AND earlier.key <= asa_runs.key)
        )
        """
    )
