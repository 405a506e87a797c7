"""What a run works with: the warehouse and the client of Coda, opened from the settings. No Dagster.

A run that lacks a token or a database ends here, with a message that names the ways out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.coda.client import CodaClient, connect_coda, connect_coda_for_writing
from coda_pipeline.settings import Settings
from coda_pipeline.sync.permission import Permission, permission_of
from coda_pipeline.warehouse.embedded import resolve_database_url
from coda_pipeline.warehouse.engine import plain_url, warehouse_engine
from coda_pipeline.warehouse.migrate import check_current


@dataclass(frozen=True)
class Warehouse:
    """An engine of the run's own, and the address for what connects by itself."""

    engine: Engine
    database_url: str = field(repr=False)
    is_writing_allowed: bool = False

    def permission(self, catalog: Catalog) -> Permission:
        """Whether edits may be sent to Coda from here, and if not, why."""
        with self.engine.connect() as conn:
            return permission_of(self.is_writing_allowed, catalog, conn)


class Coda:
    """One client per run and token, connected at first use."""

    def __init__(self, settings: Settings, catalog: Catalog, database_url: str) -> None:
        self._settings = settings
        self._catalog = catalog
        self._database_url = database_url

    @cached_property
    def client(self) -> CodaClient:
        """Raises `TokenError` where no token is set or Coda refuses it."""
        return connect_coda(self._settings, self._catalog.coda.limits, self._database_url)

    @cached_property
    def write_client(self) -> CodaClient:
        """For the user under whose name edits appear; `client` where that is the same token."""
        if not self._settings.has_own_write_token:
            return self.client
        return connect_coda_for_writing(self._settings, self._catalog.coda.limits, self._database_url)


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[Warehouse]:
    """Connect to a migrated warehouse. Raises `DatabaseError`."""
    url = resolve_database_url(settings)
    engine = warehouse_engine(url)
    try:
        check_current(engine)
        yield Warehouse(engine, plain_url(url), settings.coda_pipeline_allow_write)
    finally:
        engine.dispose()
