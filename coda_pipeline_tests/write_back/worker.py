"""A process that syncs both ways once, by the sandbox's clock, so that a test may kill it."""

import sys
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import requests

from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline_tests.write_back.office import Office, client_of


@dataclass(frozen=True)
class RemoteClock:
    """The clock of a sandbox in another process."""

    root: str

    def now(self) -> datetime:
        return datetime.fromisoformat(requests.get(f"{self.root}/state", timeout=10).json()["now"])

    def advance(self, seconds: float) -> None:
        requests.post(f"{self.root}/clock/advance", json={"seconds": seconds}, timeout=10)


def main(base_url: str, token: str, database_url: str) -> None:
    """The whole way, waiting included."""
    clock = RemoteClock(base_url.replace("/apis/v1", "") + "/_sandbox")
    sandbox = cast("Any", SimpleNamespace(base_url=base_url, token=token, clock=clock))
    with client_of(sandbox) as client:
        Office(sandbox, warehouse_engine(database_url), client).sync()


if __name__ == "__main__":
    main(*sys.argv[1:])
