"""Stores for the tests: SQLite in a directory, and a real PostgreSQL server where one answers."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from asa_transport.edges.state.store import tables
from asa_transport.model import Severity, StoredRun
from asa_transport.model.history import RunStatus
from tests.unit.judging import NOW

# A database server that the tests may make databases of their own on.
SERVER = os.environ.get(
    "ASA_TRANSPORT_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)
# What makes a new store one that the first release made; a later one's tables must not be there yet.
FIRST_RELEASE = (
    *(
        f"DROP TABLE {table.name}"
        for table in reversed(tables.metadata.sorted_tables)
        if table.name not in {"asa_runs", "asa_run_devices"}
    ),
    "ALTER TABLE asa_runs DROP COLUMN sequence",
    f"UPDATE {tables.VERSION_TABLE} SET version_num = '0001'",
)


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the URL of a new database, and drop it; skip the test where no server answers."""
    server = sa.create_engine(SERVER, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    name = f"asa_transport_test_{secrets.token_hex(4)}"
    try:
        with server.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
    except sa.exc.OperationalError as error:
        pytest.skip(f"no PostgreSQL server answers; name one in ASA_TRANSPORT_TEST_POSTGRES: {error.orig}")
    try:
        yield server.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


def run(number: int = 0, *, at: datetime = NOW, **changes: object) -> StoredRun:
    """The run of a night: finished, of a whole inventory."""
    began = at + timedelta(days=number)
    made = StoredRun(
        id=f"{began:%Y%m%dT%H%M%SZ}-{number:04x}",
        kind="audit",
        status=RunStatus.FINISHED,
        place="here:/state",
        started_at=began,
        as_of=began,
        finished_at=began + timedelta(minutes=1),
        tool_version="0.1.0",
        inventory="inventory.yaml",
        inventory_file="/etc/inventory.yaml",
        policy_sha256="0" * 64,
        exit_code=0,
        fail_on=Severity.MEDIUM,
    )
    return replace(made, **changes)  # type: ignore[arg-type]
