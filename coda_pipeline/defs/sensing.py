"""The warehouse as sensors see it: opened for a tick, and closed after it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from coda_pipeline.settings import Settings


class SensorWarehouse:
    """Looks at the schema once in the life of a code server, since that takes longer than most ticks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_current = False

    @contextmanager
    def open(self) -> Iterator[Engine]:
        """A migrated warehouse. Raises `DatabaseError`, which fails the tick and shows there."""
        # Here, so that loading the code location stays below 2.5 seconds.
        from coda_pipeline.warehouse.embedded import resolve_database_url  # noqa: PLC0415
        from coda_pipeline.warehouse.engine import warehouse_engine  # noqa: PLC0415
        from coda_pipeline.warehouse.migrate import check_current  # noqa: PLC0415

        engine = warehouse_engine(resolve_database_url(self._settings))
        try:
            if not self._is_current:
                check_current(engine)
                self._is_current = True
            yield engine
        finally:
            engine.dispose()
