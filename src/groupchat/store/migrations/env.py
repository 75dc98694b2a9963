"""Run a migration with Alembic, in the transaction of `groupchat.store.schema.migrate`. It succeeds or fails as a whole."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
