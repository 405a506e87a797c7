"""`coda-pipeline migrate`: the database's schema, ours and Dagster's, brought up to date."""

from coda_pipeline.commands.terminal import say


def migrate() -> None:
    """Bring the database named by DATABASE_URL up to date: our tables and Dagster's. Safe to repeat."""
    from coda_pipeline.commands.workplace import dagster_instance, export_environment
    from coda_pipeline.settings import Settings
    from coda_pipeline.warehouse.engine import warehouse_engine
    from coda_pipeline.warehouse.migrate import upgrade

    settings = export_environment(Settings())
    engine = warehouse_engine(settings.warehouse_url())
    try:
        upgrade(engine)
    finally:
        engine.dispose()
    say("The warehouse is up to date.")
    with dagster_instance() as instance:
        instance.upgrade()
    say("Dagster's storage is up to date.")
