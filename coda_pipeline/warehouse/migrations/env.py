"""How alembic runs our steps: on the connection of `warehouse.migrate`, inside its transaction."""

from alembic import context

from coda_pipeline.warehouse.migrate import VERSION_SCHEMA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    version_table_schema=VERSION_SCHEMA,
)
with context.begin_transaction():
    context.run_migrations()
