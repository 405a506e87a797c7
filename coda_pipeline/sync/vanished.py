"""Proving that rows which a listing lacks are gone: each answers 404, or a second listing lacks it too.

Works on `pg_temp.missing`, which afterwards holds the rows that are proved gone and nothing else. How to
prove it, and what then becomes of them, is decided in `guard`.
"""

from sqlalchemy import Connection

from coda_pipeline.catalog import TableSpec
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.sync.guard import Proof, proof_for
from coda_pipeline.sync.listing import IdTaker, take_pages
from coda_pipeline.warehouse import stage


def prove_vanished(client: CodaClient, conn: Connection, spec: TableSpec, *, is_short: bool) -> None:
    """Leave in `pg_temp.missing` the live rows that are not staged and are proved to be gone."""
    with conn.begin():
        missing = stage.find_missing(conn, spec.name)
    match proof_for(missing, is_short=is_short):
        case Proof.NOTHING_MISSING:
            return
        case Proof.ASK_EACH:
            with conn.begin():
                ids = stage.missing_ids(conn)
            alive = [row_id for row_id in ids if client.has_row(spec.doc_id, spec.table_id, row_id)]
            with conn.begin():
                stage.forgive(conn, alive)
        case Proof.SECOND_LISTING:
            take_pages(client, spec, IdTaker(conn))
            with conn.begin():
                stage.forgive_listed(conn)
        case Proof.NOT_PROVABLE:
            with conn.begin():
                stage.forgive_all(conn)
