"""Sending rows to Coda: stored as sent, then sent, then stored with the request that Coda answered.

Each step is a transaction of its own: whatever ends the process, the warehouse knows what may have arrived.
A batch that Coda refuses is cut in halves until the rows at fault are found; the others go. What a failure of
the service leaves behind stays `sent` without a request: the next write-back looks before it sends it again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime

from sqlalchemy import Connection, Engine

from coda_pipeline.catalog import TableSpec
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.errors import NotFoundError, RequestRefusedError
from coda_pipeline.sync.batches import Batch, cells_to_send, halves
from coda_pipeline.sync.judging import GONE
from coda_pipeline.sync.plan_model import Method, Op, PlanRow, Write, WriteState
from coda_pipeline.sync.planning import digest_of
from coda_pipeline.warehouse.write_back import rejected
from coda_pipeline.warehouse.write_back import writes as store

# So many rows refused one after the other, and none taken: then it is not the rows that are at fault.
MAX_REFUSED = 12


@dataclass
class Tally:
    """What became of the rows that were to be sent, in numbers: by operation those that Coda took.

    `left` changed since they were planned; `reasons` say why something else was not sent.
    """

    taken: Counter[Op] = attribute(default_factory=Counter)
    rejected: int = 0
    gone: int = 0
    left: int = 0
    reasons: list[str] = attribute(default_factory=list)


@dataclass
class Sender:
    """Sends to one table.

    `key_column` holds our id, None where nothing may be addressed by it. Once Coda refuses everything,
    nothing more is sent, and what was not taken is withdrawn, as if it had never been sent. Call `finish`
    after the last batch.
    """

    engine: Engine
    client: CodaClient
    write_client: CodaClient
    spec: TableSpec
    key_column: str | None
    run_id: str
    now: Callable[[], datetime]
    tally: Tally
    _is_stopped: bool = False
    _refused: list[tuple[Write, str]] = attribute(default_factory=list, repr=False)

    def send(self, batch: Batch, *, plan_id: int | None) -> None:
        """Send one batch. What Coda does not take is listed; failures of the service are raised."""
        if self._is_stopped:
            return
        sent = [_write_of(row, batch.method, plan_id, self.now()) for row in batch.rows]
        with self.engine.begin() as conn:
            stored = store.store_sent(conn, sent, run_id=self.run_id)
        self._deliver(batch.method, stored)

    def finish(self) -> None:
        """List the rows that Coda refused, now that it is known that they are at fault."""
        with self.engine.begin() as conn:
            for write, words in self._refused:
                reject_whole(conn, write, f"Coda refused it: {words}", run_id=self.run_id, now=self.now())
        self.tally.rejected += len(self._refused)
        self._refused.clear()

    def _deliver(self, method: Method, writes: Sequence[Write]) -> None:
        if self._is_stopped:
            self._withdraw(writes)
            return
        try:
            request_id = self._request(method, writes)
        except RequestRefusedError as error:
            self._part(method, writes, error.service_words)
        except NotFoundError:
            self._not_found(method, writes)
        else:
            self.finish()
            self.tally.taken.update(write.op for write in writes)
            with self.engine.begin() as conn:
                store.set_request(conn, _ids(writes), request_id)

    def _request(self, method: Method, writes: Sequence[Write]) -> str:
        """One request. All of them may be repeated: the same values, by the same key or row id."""
        doc_id, table_id = self.spec.doc_id, self.spec.table_id
        if method is Method.DELETE:
            ids = [write.row_id for write in writes if write.row_id is not None]
            return self.write_client.delete_rows(doc_id, table_id, ids).request_id
        rows = [cells_to_send(write, method, self.key_column) for write in writes]
        if method is Method.UPSERT and self.key_column is not None:
            keys = [self.key_column]
            return self.write_client.upsert_rows(doc_id, table_id, rows, key_columns=keys).request_id
        row_id = writes[0].row_id or ""
        return self.write_client.update_row(doc_id, table_id, row_id, rows[0]).request_id

    def _part(self, method: Method, writes: Sequence[Write], words: str) -> None:
        """A 400 applies nothing and does not say which row is at fault (reference/coda-api.md section 2)."""
        if len(writes) > 1:
            for part in halves(writes):
                self._deliver(method, part)
            return
        self._refused += [(write, words) for write in writes]
        if len(self._refused) >= MAX_REFUSED:
            self._stop(f"Coda refused everything from some row on: {words or 'it gave no reason'}")
            self._withdraw([write for write, _ in self._refused])
            self._refused.clear()

    def _not_found(self, method: Method, writes: Sequence[Write]) -> None:
        """The row is gone, unless the table is: then this is raised, and nothing counts as sent."""
        self._withdraw_unless_table(writes)
        if method is not Method.PUT:
            self._withdraw(writes)
            self._stop("Coda does not find the table's rows or key column for the write token")
            return
        self.tally.gone += len(writes)
        closings = [store.Closing(write, WriteState.SUPERSEDED, reason=GONE) for write in writes]
        with self.engine.begin() as conn:
            store.close(conn, closings, now=self.now())

    def _withdraw_unless_table(self, writes: Sequence[Write]) -> None:
        try:
            self.client.table(self.spec.doc_id, self.spec.table_id)
        except NotFoundError:
            self._withdraw(writes)
            raise

    def _stop(self, reason: str) -> None:
        self._is_stopped = True
        self.tally.reasons.append(reason)

    def _withdraw(self, writes: Sequence[Write]) -> None:
        with self.engine.begin() as conn:
            store.withdraw(conn, _ids(writes))


def reject_whole(conn: Connection, write: Write, reason: str, *, run_id: str, now: datetime) -> None:
    """Close a write as rejected and list the row, with all that was sent of it."""
    fields = tuple(write.after) or tuple(write.before)
    outcomes: dict[str, store.FieldOutcome] = dict.fromkeys(fields, "rejected")
    store.close(conn, [store.Closing(write, WriteState.REJECTED, fields=outcomes, reason=reason)], now=now)
    digest = digest_of(write.op, write.source_table, write.row_id, write.before, write.after)
    rejected.reject(conn, write, fields, reason, digest=digest, run_id=run_id, now=now)


def _write_of(row: PlanRow, method: Method, plan_id: int | None, now: datetime) -> Write:
    return Write(
        participation_id=row.participation_id,
        op=row.op,
        source_table=row.source_table,
        row_id=row.row_id,
        method=method,
        before=row.before,
        after=row.after,
        digest=row.digest,
        cells=row.cells,
        sent_at=now,
        plan_id=plan_id,
    )


def _ids(writes: Sequence[Write]) -> list[int]:
    return [write.write_id for write in writes if write.write_id is not None]
