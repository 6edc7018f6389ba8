"""The migrations of the run store; alembic reads this directory."""
