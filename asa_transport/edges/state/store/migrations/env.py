"""What alembic runs: the migrations on the connection, and in the transaction, of the caller."""

from alembic import context

from asa_transport.edges.state.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    # SQLite's too: our transactions begin before the first statement (`engine.py`).
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
