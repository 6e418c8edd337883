"""How Alembic reaches the database: through the connection that `ledger.storage.migrate` hands it."""

from alembic import context

from ledger.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
