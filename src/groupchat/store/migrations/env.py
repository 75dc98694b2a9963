"""How Alembic runs a migration: in the transaction that `groupchat.store.schema.migrate` has begun, which is all or nothing."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
