"""What every endpoint works with: the databases, the catalogue, addresses, limits. Made once per process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, text

from coda_pipeline.catalog import Catalog
from coda_pipeline.gateway.rates import Rate, Rates
from coda_pipeline.sync.coding.connecting import CodingTeams

STATEMENT_WITHIN_S = 15
LOCK_WITHIN_S = 5
# A person presses now and then; an application may read a whole table page by page.
CALLS = Rate(burst=60, per_s=30.0)
WRONG_TOKENS = Rate(burst=20, per_s=0.5)


@dataclass(frozen=True)
class Gateway:
    """One gateway. `dagster` is the database of Dagster's storage, None where it cannot be known.

    `webhook_secret_of` a CODING team is asked at every delivery. Without `coding` there are no pages of it.
    """

    engine: Engine
    catalog: Catalog
    dagster: Engine | None = None
    public_url: str | None = None
    ui_url: str | None = None
    alert_url: str | None = field(default=None, repr=False)
    allow_write: bool = False
    webhook_secret_of: Callable[[str], SecretStr | None] = field(default=lambda _team: None, repr=False)
    coding: CodingTeams | None = field(default=None, repr=False)
    calls: Rates = field(default_factory=lambda: Rates(CALLS))
    wrong_tokens: Rates = field(default_factory=lambda: Rates(WRONG_TOKENS))

    @property
    def zone(self) -> ZoneInfo:
        """In which times are told."""
        return ZoneInfo(self.catalog.gateway.time_zone)

    @contextmanager
    def transaction(self, *, snapshot: bool = False) -> Iterator[Connection]:
        """A transaction of one call, which no statement or lock may hold up for long."""
        options = {"isolation_level": "REPEATABLE READ"} if snapshot else {}
        with self.engine.connect().execution_options(**options) as conn, conn.begin():
            conn.execute(
                text(
                    f"select set_config('statement_timeout', '{STATEMENT_WITHIN_S}s', true),"
                    f" set_config('lock_timeout', '{LOCK_WITHIN_S}s', true)"
                )
            )
            yield conn


def gateway_of(request: Request) -> Gateway:
    """The gateway that a call came to."""
    return request.app.state.gateway


Here = Annotated[Gateway, Depends(gateway_of)]
