"""Planning the write-back: load what may have to be sent, decide, store. Nothing is sent here.

The decisions are `planning`'s. There is one open plan per source and kind; an equal plan writes nothing. The
one thing to know: with each plan stands what blocks it, so that whoever sends can ask again.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_participation import ParticipationSection, ParticipationSource
from coda_pipeline.errors import ConfigurationError
from coda_pipeline.sync.plan_candidates import candidates, ids_to_look_at
from coda_pipeline.sync.plan_directory import directory_for
from coda_pipeline.sync.plan_inputs import Candidate, Directory, PlanRules
from coda_pipeline.sync.plan_model import Op, Plan, PlanKind
from coda_pipeline.sync.planning import mapping_fingerprint, plan_changes, plan_keys
from coda_pipeline.sync.read_table import utc_now
from coda_pipeline.warehouse.core.bulk import in_bulk
from coda_pipeline.warehouse.cursors import oldest_read
from coda_pipeline.warehouse.locks import exclusive
from coda_pipeline.warehouse.merge import live_rows
from coda_pipeline.warehouse.write_back import inputs, mappings, plan_heads, plans, rejected, verdict, writes
from coda_pipeline.warehouse.write_back.decisions import decisions_on, last_decision

LOCK_WAIT_S = 300.0


@dataclass(frozen=True, slots=True)
class PlanReport:
    """All open plans after planning. Whether anything of them may be sent is in `permission`.

    `as_of` is that of the source read longest ago, None where one was never read.
    """

    parts: tuple[plan_heads.PlanHead, ...]
    as_of: datetime | None
    seconds: float

    @property
    def to_send(self) -> int:
        """Rows that nothing holds."""
        return sum(part.to_send for part in self.parts)

    @property
    def held(self) -> int:
        """Rows that wait, for a person or for their cause to go."""
        return sum(part.held for part in self.parts)

    @property
    def by_op(self) -> Mapping[str, int]:
        """How many rows would be created, updated, deleted and given their key, held ones included."""
        return {
            Op.CREATE: sum(part.creates for part in self.parts),
            Op.UPDATE: sum(part.updates for part in self.parts),
            Op.DELETE: sum(part.deletes for part in self.parts),
            Op.KEY: sum(part.keys for part in self.parts),
        }

    @property
    def held_by(self) -> Mapping[str, int]:
        """How many rows wait for each reason."""
        return sum((Counter(part.held_by) for part in self.parts), Counter())

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """Checks that failed, so that nothing at all is sent."""
        return tuple(dict.fromkeys(check for part in self.parts for check in part.blocked_by))


def plan_participation(
    engine: Engine,
    catalog: Catalog,
    *,
    run_id: str,
    now: Callable[[], datetime] = utc_now,
    full: bool = False,
) -> PlanReport:
    """Plan what every source should be told, and store it. Run it after a resolve.

    `full` looks at every participation, not only at those that differ; the plan is the same. Raises
    `ConfigurationError` where the catalogue has no participation, `BusyError` where another run is planning.
    """
    section = catalog.participation
    if section is None:
        message = "Cannot plan a write-back: the configuration has no `participation` section. Add one."
        raise ConfigurationError(message)
    started = time.monotonic()
    planner = _Planner(engine, catalog, section, run_id=run_id, now=now, full=full)
    with exclusive(engine, "plan of participation", wait_s=LOCK_WAIT_S, holder=f"run {run_id}"):
        found = [planner.plan(source, kind) for source in section.sources for kind in PlanKind]
    with engine.connect() as conn:
        return PlanReport(
            parts=tuple(plan_heads.plan_head(conn, plan_id) for plan_id in found),
            as_of=oldest_read(conn, [source.table for source in section.sources]),
            seconds=time.monotonic() - started,
        )


class _Planner:
    def __init__(
        self,
        engine: Engine,
        catalog: Catalog,
        section: ParticipationSection,
        *,
        run_id: str,
        now: Callable[[], datetime],
        full: bool,
    ) -> None:
        self.engine, self.catalog, self.section = engine, catalog, section
        self.run_id, self.now, self.full = run_id, now, full
        with engine.connect() as conn:
            self.blocked_by = verdict.failed_checks(conn, [source.table for source in section.sources])

    def plan(self, source: ParticipationSource, kind: PlanKind) -> int:
        """Plan one source and kind; the id of the plan that now stands."""
        with self.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn, conn.begin():
            standing, made_of = self._standing(conn, source, kind)
            if standing is not None:
                return standing
            plan = self._made(conn, source, kind)
        with self.engine.begin() as conn:
            mappings.note_first_mapping(conn, source.table, plan.mapping, now=self.now())
            rejected.forget_unwanted(conn, plan, now=self.now())
            return plans.store_plan(conn, plan, run_id=self.run_id, now=self.now(), inputs_hash=made_of)

    def _standing(
        self, conn: Connection, source: ParticipationSource, kind: PlanKind
    ) -> tuple[int | None, str | None]:
        """The open plan of keys where nothing changed that it was made of: it may have 100,000 rows."""
        if kind is not PlanKind.KEYS or not source.fields.sync_id:
            return None, None
        made_of = blake2b(digest_size=16)
        made_of.update(repr(self._facts(conn, source)).encode())
        digest = made_of.hexdigest()
        standing = None if self.full else plans.plan_made_of(conn, source.table, kind, digest)
        return standing, digest

    def _facts(self, conn: Connection, source: ParticipationSource) -> tuple[object, ...]:
        """Everything that a plan of keys depends on."""
        mapped = source.fields.mapped.values()
        return (
            inputs.hash_of_missing_keys(conn, source.table),
            sorted(inputs.columns(conn, source.table, mapped).items()),
            self._fingerprint(source),
            mappings.approved_mapping(conn, source.table),
            last_decision(conn),
            sorted(inputs.held_states(conn, source.table).items()),
            sorted(writes.in_flight(conn) | writes.open_keys(conn)),
            sorted(rejected.rejected_digests(conn)),
            self.blocked_by,
        )

    def _made(self, conn: Connection, source: ParticipationSource, kind: PlanKind) -> Plan:
        is_first = source == self.section.sources[0]
        with in_bulk():
            ids = ids_to_look_at(conn, source, kind, is_first=is_first, full=self.full)
            found = candidates(conn, source, kind, ids)
            rules = self._rules(conn, source, kind, found, is_first=is_first)
            plan = (plan_changes if kind is PlanKind.CHANGES else plan_keys)(found, rules)
        return Plan(plan.source_table, plan.kind, plan.rows, plan.mapping, self.blocked_by)

    def _rules(
        self,
        conn: Connection,
        source: ParticipationSource,
        kind: PlanKind,
        found: list[Candidate],
        *,
        is_first: bool,
    ) -> PlanRules:
        table, fingerprint = source.table, self._fingerprint(source)
        columns = inputs.columns(conn, table, source.fields.mapped.values())
        is_changes = kind is PlanKind.CHANGES and bool(found)
        return PlanRules(
            source=source,
            is_first=is_first,
            columns=columns,
            directory=directory_for(conn, self.catalog, source, columns, found)
            if is_changes
            else Directory(),
            deletes=self.section.write_back.deletes,
            changed_limit=self.catalog.guards.changed.limit(live_rows(conn, table)) if is_changes else 0,
            mapping=fingerprint,
            is_mapping_approved=mappings.approved_mapping(conn, table) in {None, fingerprint},
            rejected=rejected.rejected_digests(conn),
            decisions=decisions_on(conn, (c.participation.participation_id for c in found)),
            natural_key=self.section.natural_key,
        )

    def _fingerprint(self, source: ParticipationSource) -> str:
        return mapping_fingerprint(source, self.catalog.table(source.table))
