"""Open the database of the run store: SQLite in the state directory, or PostgreSQL by URL.

Guarantees that the tables are those of this release (migrated here, under a lock, so that
two first runs do not meet), that a SQLite file is for those alone who have its folder, and that
no message holds a password.

Source: SQLAlchemy 2 documentation, "Serializable isolation / Savepoints / Transactional
DDL" of the SQLite dialect; alembic cookbook, "Sharing a connection".
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url

from asa_transport.edges.state.durable import DENIED, OWN_DIRECTORY, file_mode
from asa_transport.edges.state.store.tables import HEAD, READABLE, VERSION_TABLE, metadata
from asa_transport.errors import StoreError, StoreUnusable, StoreUnwritable, in_words

FILE: Final = "history.db"
# A writer holds the database for milliseconds; a disk that is busy, for seconds.
_BUSY_MS: Final = 30_000
_PATIENT: Final = {"connect_timeout": 10}
# Of a connection that is silent for hours while it holds locks; its own side's and the server's.
_WATCHFUL: Final = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
_SERVERS_SIDE: Final = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
    "tcp_user_timeout": "30000",
    "idle_session_timeout": "0",
}
_NAME: Final = "application_name"
_NOTHING: Final[Mapping[str, Any]] = {}
# Any number of our own: PostgreSQL's advisory locks have no names.
_MIGRATION_LOCK: Final = 7_460_225_967
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
# Nobody but us writes to it, so a statement that SQLite does not understand tells of other tables than ours.
_DAMAGE: Final = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# What keeps a writer out, and perhaps no reader.  Source: PostgreSQL documentation, "Error Codes".
_UNWRITABLE: Final = {
    *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN),
    *(sqlite3.SQLITE_PERM, "42501", "25006", "53100"),
}
_CURE: Final = "move the file away; the next command makes a new one from the folders of the runs"
# What Python puts before the system's own words.
_ERRNO: Final = re.compile(r"\[Errno -?\d+\] ")
_HELP: Final = "give --store or ASA_TRANSPORT_STORE as postgresql+psycopg://USER@HOST/DATABASE"


def located(state: Path, url: str | None) -> URL:
    """Return where the store is; contacts nothing.

    Args:
        state: The state directory; holds the file where there is no URL.
        url: Of a PostgreSQL database, or of another SQLite file.

    Raises:
        StoreError: The URL is none of a store.
    """
    return _parsed(url) if url else URL.create("sqlite", database=str(state / FILE))


def open_engine(parsed: URL) -> tuple[Engine, str]:
    """Return an engine on a database that has the tables of this release, and which migration was its last.

    Raises:
        StoreUnusable: It cannot be opened, or a newer release made it.
        StoreError: What it needs is not installed.
    """
    with translated(parsed):
        engine = (_sqlite if parsed.get_backend_name() == "sqlite" else _postgresql)(parsed)
        with reading(engine) as connection:
            version = _version(connection)
        if version != HEAD:
            with writing(engine) as connection:
                _migrate(connection, parsed)
    return engine, HEAD


def open_readable(parsed: URL) -> tuple[Engine, str]:
    """Return an engine on a database as it is, and which migration was its last; writes nothing to it.

    Raises:
        StoreUnusable: It cannot be opened, or a newer release made it.
    """
    with translated(parsed):
        if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).exists():
            return open_empty(), HEAD
        engine = _readable(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
        with reading(engine) as connection:
            version = _version(connection)
    if version is None:
        return open_empty(), HEAD
    if version not in READABLE:
        raise _newer(parsed, version)
    return engine, version


def open_empty() -> Engine:
    """Return an engine on a store without runs, in memory."""
    # One connection: each would have a memory of its own.
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)
    return engine


def _readable(url: URL) -> Engine:
    """Return an engine on a SQLite file that may only be read.

    Its users share a file beside it (-shm), which cannot be made where nothing can be: then nobody writes
    either, and the file is taken as one that does not change.

    Source: sqlite.org, "Write-Ahead Logging", Read-Only Databases.
    """
    path = Path(str(url.database))
    left = path.with_name(f"{path.name}-wal")
    is_closed = not left.exists() or not left.stat().st_size
    failed: sa.exc.SQLAlchemyError | None = None
    for how in ("mode=ro", "immutable=1") if is_closed else ("mode=ro",):
        engine = sa.create_engine(url, creator=partial(_connected, f"file:{quote(str(path))}?{how}"))
        try:
            with engine.connect() as connection:
                _version(connection)
        except sa.exc.SQLAlchemyError as error:
            engine.dispose()
            failed = error
        else:
            return engine
    if not is_closed and _code(getattr(failed, "orig", None)) in _UNWRITABLE:
        raise StoreUnusable(
            f"the run store {path}: {left.name} has what was written last, and is read only where a file can "
            "be made beside it: copy both to a directory of yours, and give it with --state-dir"
        )
    assert failed is not None  # noqa: S101 - it was tried
    raise failed


def _connected(place: str) -> sqlite3.Connection:
    # Threads share it, one at a time: as SQLAlchemy has it for a file of its own.
    connection = sqlite3.connect(place, uri=True, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    return connection


def _newer(url: URL, version: str | None) -> StoreUnusable:
    return StoreUnusable(
        f"the run store {shown(url)} is of a newer release (its version is {version!r:.40}, this one "
        f"knows {HEAD!r}): use that release, or another --state-dir"
    )


def open_alone(parsed: URL, name: str) -> Engine:
    """Return an engine on a PostgreSQL database without a pool: a connection of it is its holder's own.

    What is committed is each statement.  A peer that is gone is noticed within a minute, by either side, so
    that nobody's lock outlives his machine.

    Args:
        name: What the server calls its connections (`pg_stat_activity`).

    Source: PostgreSQL documentation, "Connections and Authentication" and "Client Connection Defaults"
    (tcp_keepalives_*, idle_session_timeout); libpq, "Parameter Key Words".
    """
    with translated(parsed):
        engine = _postgresql(
            parsed, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT", given={**_WATCHFUL, _NAME: name}
        )
        event.listen(engine, "connect", _keep_open)
    return engine


def _keep_open(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        for name, value in _SERVERS_SIDE.items():
            # A server of another release does not know each of them.
            cursor.execute(
                "SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s", (value, name)
            )
    connection.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one state of the database, whatever is written meanwhile."""
    with translated(engine.url), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Its default shows later statements what was committed meanwhile; SQLite does not.
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that is whole or not at all."""
    with translated(engine.url), engine.execution_options(is_writing=True).begin() as connection:
        yield connection


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn what the database says into a StoreUnusable that names the store, and no password."""
    try:
        yield
    except NotADirectoryError:
        raise StoreUnusable(
            f"the run store {shown(url)}: a file has the name of its folder, or of one above it; "
            f"{OWN_DIRECTORY}"
        ) from None
    except OSError as error:
        kind = StoreUnwritable if error.errno in DENIED else StoreUnusable
        raise kind(f"the run store {shown(url)}: {in_words(error)}") from None
    except sa.exc.SQLAlchemyError as error:
        orig = getattr(error, "orig", None)
        said = _ERRNO.sub("", (str(orig or error).strip().splitlines() or [type(error).__name__])[0])
        code = _code(orig)
        cure = f": {_CURE}" if code in _DAMAGE else ""
        kind = StoreUnwritable if code in _UNWRITABLE else StoreUnusable
        raise kind(f"the run store {shown(url)}: {_without_password(said, url)}{cure}") from None


def _code(error: BaseException | None) -> int | str | None:
    """Return the number of a SQLite error, or the SQLSTATE of a server's."""
    if isinstance(error, sqlite3.Error):
        # The upper bits say more than is asked here.
        return getattr(error, "sqlite_errorcode", 0) & 0xFF
    return getattr(error, "sqlstate", None)


def shown(url: URL) -> str:
    """Return where the store is: its file, or server and database; without user, password and options."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    port = "" if url.port is None else f":{url.port}"
    return f"{url.drivername}://{url.host or 'localhost'}{port}/{url.database or ''}"


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # Not the text itself: it may hold a password.
        raise StoreError(f"the run store's URL cannot be read; {_HELP}") from None
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise StoreError(
            f"the run store's URL begins with {parsed.drivername!r:.40}, which is not supported; {_HELP}"
        )
    if parsed.drivername == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StoreError("the run store's URL names no file; a history in memory would be none")
    return parsed


def _sqlite(url: URL) -> Engine:
    path = Path(str(url.database))
    # SQLite gives the files beside it (-wal, -shm) the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, file_mode(path.parent)))
    engine = sa.create_engine(url)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: Any) -> None:
    # Python's own driver begins transactions late, and not before DDL; we begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={_BUSY_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # A writer takes its lock at once: a reader that becomes one would fail without waiting.
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _postgresql(url: URL, *, given: Mapping[str, Any] = _NOTHING, **more: Any) -> Engine:
    # As the user has it, where the URL says so.
    own = {key: value for key, value in {**_PATIENT, **given}.items() if key not in url.query}
    try:
        return sa.create_engine(url, connect_args=own, **more)
    except ImportError as error:
        raise StoreError(
            "a PostgreSQL store needs one more package; install 'asa-transport[postgres]'"
        ) from error


# As alembic makes it.
_VERSIONS: Final = sa.Table(
    VERSION_TABLE,
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


def _version(connection: Connection) -> str | None:
    """Return the newest migration that was made, `None` for none."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    table = sa.table(VERSION_TABLE, sa.column("version_num"))
    version: str | None = connection.execute(sa.select(table.c.version_num)).scalar()
    return version


def _migrate(connection: Connection, url: URL) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    # Another process may have been first.
    version = _version(connection)
    if version == HEAD:
        return
    if version is None and not any(sa.inspect(connection).has_table(name) for name in metadata.tables):
        # As alembic's own documentation has it for a new database: a test holds that both ways are one.
        metadata.create_all(connection)
        _VERSIONS.create(connection)
        connection.execute(_VERSIONS.insert().values(version_num=HEAD))
        return
    # Imported here: it takes longer than all the rest, and is needed once a release.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise _newer(url, version) from error


def _without_password(text: str, url: URL) -> str:
    secrets = [str(url.password or ""), *(str(value) for key, value in url.query.items() if "pass" in key)]
    for secret in filter(None, secrets):
        text = text.replace(secret, "****")
    return text
