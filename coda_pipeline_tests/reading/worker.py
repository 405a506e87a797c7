"""A process that reads Участие once, so that a test may kill it."""

import sys

from pydantic import SecretStr

from coda_pipeline.budget import NoBudget
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.http import Transport
from coda_pipeline.sync.read_table import read_table
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline_tests.reading.conftest import GUARD, SPEC


def main(base_url: str, token: str, database_url: str) -> None:
    """Read the table in full as run `killed`."""
    secret = SecretStr(token)
    client = CodaClient(Transport(base_url=base_url, token=lambda: secret, budget=NoBudget()))
    read_table(client, warehouse_engine(database_url), SPEC, GUARD, run_id="killed", full=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
