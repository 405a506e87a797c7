"""Resolving Участие: load what changed, ask Coda where a delta cannot say, decide, apply.

The decisions are `resolve`'s; the records come from `coda_records` and `dump_records`. This module knows the
order of loading and writing: everything is applied as compare-and-set, and a participation that someone
edited meanwhile is resolved again.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_dump import DUMP_TABLE
from coda_pipeline.catalog_participation import ParticipationSection
from coda_pipeline.coda.client import CodaClient
from coda_pipeline.errors import ConfigurationError, RetriableError
from coda_pipeline.sync.binding import questions
from coda_pipeline.sync.coda_records import CodaSource, fresh_rows
from coda_pipeline.sync.dump_records import fresh_lines
from coda_pipeline.sync.live_names import LiveNames, load_live_names
from coda_pipeline.sync.model import Record, Resolution
from coda_pipeline.sync.neighbourhood import Neighbourhood, known_of, state_of
from coda_pipeline.sync.resolve import resolve
from coda_pipeline.sync.resolve_report import ResolveReport, report_of
from coda_pipeline.sync.resolve_state import Rules, State
from coda_pipeline.warehouse.core import changes, key, load
from coda_pipeline.warehouse.core.apply import apply_resolution
from coda_pipeline.warehouse.core.wide import grow_wide
from coda_pipeline.warehouse.cursors import lock_cursor
from coda_pipeline.warehouse.live_names import store_names
from coda_pipeline.warehouse.locks import exclusive
from coda_pipeline.warehouse.merge import tombstone_rows

MAX_ROUNDS = 5
LOCK_WAIT_S = 300.0
# From here on following neighbours costs more than loading everything.
MANY_CHANGED = 20_000


def resolve_participation(
    engine: Engine,
    catalog: Catalog,
    client: CodaClient | None,
    *,
    run_id: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    new_id: Callable[[], UUID] = uuid4,
    full: bool = False,
) -> ResolveReport:
    """Bring core.participation up to what the source tables in `raw` hold.

    `client` answers whether a row still exists; without one, rows are taken as they stand in `raw`. `full`
    looks at everything, not only at what changed. Raises `ConfigurationError` where the catalogue has no
    participation, `BusyError` where another run is resolving, `RetriableError` where the application edits
    faster than this can follow.
    """
    resolver = _Resolver(engine, catalog, client, run_id=run_id, now=now, new_id=new_id)
    with exclusive(engine, "core.participation", wait_s=LOCK_WAIT_S):
        return resolver.run(full=full)


def fingerprint(section: ParticipationSection) -> str:
    """Changes when the mapping or the key changes, so that every record has to be looked at again."""
    parts = [s.model_dump_json() for s in section.sources]
    parts += [",".join(section.natural_key), section.conflicts]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


class _Resolver:
    def __init__(
        self,
        engine: Engine,
        catalog: Catalog,
        client: CodaClient | None,
        *,
        run_id: str,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        section = catalog.participation
        if section is None:
            message = (
                "Cannot resolve participation: the configuration has no `participation` section. "
                "Add one; `coda-pipeline discover` suggests it."
            )
            raise ConfigurationError(message)
        self.engine, self.catalog, self.client, self.run_id = engine, catalog, client, run_id
        self.now, self.new_id = now, new_id
        self.sources = tuple(CodaSource(catalog.table(s.table), s) for s in section.sources)
        self.fingerprint, self.key_fields = fingerprint(section), section.natural_key
        docs = tuple(dict.fromkeys(s.spec.doc_id for s in self.sources))
        self.rules = Rules(
            natural_key=section.natural_key,
            policy=section.conflicts,
            docs=docs,
            tables=tuple((s.spec.doc_id, s.spec.name) for s in self.sources) if section.dump else (),
        )
        self.live_names = LiveNames()

    def run(self, *, full: bool) -> ResolveReport:
        started, asked = time.monotonic(), self._requests()
        with self.engine.connect() as conn:
            is_remapped = changes.mapping_fingerprint(conn) != self.fingerprint
        rules = replace(self.rules, is_recheck=full or is_remapped)
        done: list[Resolution] = []
        looked_at = 0
        for _ in range(MAX_ROUNDS):
            state, resolution = self._decide(rules, is_remapped=is_remapped)
            looked_at += len(state.records)
            missed = self._apply(state, resolution, is_remapped=is_remapped)
            if not (missed and is_remapped):
                done.append(resolution)
                rules, is_remapped = self.rules, False
            if not missed:
                break
        else:
            message = (
                f"Resolving participation gave up after {MAX_ROUNDS} rounds: the application keeps editing "
                "the same participations. Nothing is lost; run the sync again."
            )
            raise RetriableError(message)
        seconds = time.monotonic() - started
        requests = self._requests() - asked
        with self.engine.connect() as conn:
            return report_of(conn, done, looked_at=looked_at, requests=requests, seconds=seconds)

    def _requests(self) -> int:
        return self.client.requests_sent if self.client else 0

    def _decide(self, rules: Rules, *, is_remapped: bool) -> tuple[State, Resolution]:
        """Load, ask, resolve: the state as it was after asking. Reads one snapshot and writes nothing."""
        with self.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn, conn.begin():
            self.live_names = load_live_names(conn, self.catalog)
            fresh = self._fresh(conn, is_remapped=is_remapped)
            if rules.is_recheck or len(fresh) > MANY_CHANGED:
                state = self._asked(self._everything(conn, fresh))
                return state, self._resolve(state, rules)
            near = Neighbourhood(conn, rules, fresh, self.live_names)
            near.start(changes.pending_participations(conn))
            while True:
                state = self._asked(near.state())
                resolution = self._resolve(state, rules)
                if not near.reach(k for k in resolution.resolved.values() if k is not None):
                    return state, resolution

    def _fresh(self, conn: Connection, *, is_remapped: bool) -> dict[str, Record]:
        """The records whose row changed since they were resolved; all after a change of the mapping."""
        rows = fresh_rows(conn, self.sources, everything=is_remapped)
        fresh = {record.record_id: record for record in rows}
        lines = fresh_lines(conn, self.live_names, self.rules.docs, everything=is_remapped, now=self.now())
        fresh.update((record.record_id, record) for record in lines)
        stored = {r.record_id: r for r in load.records(conn, record_ids=list(fresh))}
        return {rid: record.with_decisions_of(stored.get(rid)) for rid, record in fresh.items()}

    def _everything(self, conn: Connection, fresh: Mapping[str, Record]) -> State:
        tables = {s.spec.name for s in self.sources} | {DUMP_TABLE}
        before = {r.record_id: r for r in load.records(conn) if r.source_table in tables}
        participations = {p.participation_id: p for p in load.participations(conn)}
        return state_of(
            conn,
            records={**before, **fresh},
            before=before,
            participations=participations,
            known=known_of(conn, self.rules, fresh, None, apart=participations, live=self.live_names),
            ids=None,
        )

    def _resolve(self, state: State, rules: Rules) -> Resolution:
        return resolve(state, rules, now=self.now(), new_id=self.new_id)

    def _asked(self, state: State) -> State:
        """The state with the rows that Coda says are gone as deleted."""
        gone = frozenset(row for row in questions(state) if self._is_gone(state, row))
        buried = {row: state.records[row]._replace(deleted_at=self.now()) for row in gone}
        return replace(state, gone=gone, records={**state.records, **buried}) if gone else state

    def _is_gone(self, state: State, record_id: str) -> bool:
        """Ask the service for one row. Without a client the warehouse's word stands."""
        record = state.records[record_id]
        spec = next(s.spec for s in self.sources if s.spec.name == record.source_table)
        return self.client is not None and not self.client.has_row(spec.doc_id, spec.table_id, record.row_id)

    def _apply(self, state: State, resolution: Resolution, *, is_remapped: bool) -> set[UUID]:
        """Write what was decided; the participations that someone edited meanwhile.

        After a change of the mapping all of it is written or nothing: the new key may not hold for a part.
        """
        seen = {pid: p.version for pid, p in state.participations.items()}
        with self.engine.begin() as conn:
            if is_remapped:
                key.drop_natural_key(conn)
            self._bury(conn, state.gone)
            missed = apply_resolution(conn, resolution, seen=seen, run_id=self.run_id, now=self.now())
            if missed and is_remapped:
                conn.rollback()
                return missed
            key.ensure_natural_key(conn, self.key_fields)
            grow_wide(conn, self.catalog)
            store_names(conn, gone=set(self.live_names.gone), new=set(self.live_names.new))
            changes.remember_mapping(conn, self.fingerprint, run_id=self.run_id, now=self.now())
        return missed

    def _bury(self, conn: Connection, gone: frozenset[str]) -> None:
        """Rows of which Coda said 404 are deleted in `raw` too, or the next resolve would ask again."""
        for table in sorted({record_id.partition(":")[0] for record_id in gone}):
            lock_cursor(conn, table)
            rows = [row for name, _, row in (g.partition(":") for g in sorted(gone)) if name == table]
            tombstone_rows(conn, table, rows, ended_by=self.run_id, now=self.now())
