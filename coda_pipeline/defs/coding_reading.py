"""What a run does to read a table of CODING: for each project ask, then report. How is in `sync.coding`.

One team, project or table that fails lets the others go on; the run fails in the end, and says which.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from dagster import AssetCheckResult, AssetExecutionContext, MaterializeResult
from sqlalchemy import Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_coding import TeamEntry
from coda_pipeline.defs.boundary import without_personal_data
from coda_pipeline.defs.coding_checks import CodingFindings, Failed, coding_checks, coding_metadata
from coda_pipeline.defs.coding_names import coding_raw_key, is_from_webhooks
from coda_pipeline.defs.names import is_full
from coda_pipeline.defs.progress import tell_progress
from coda_pipeline.errors import CodaPipelineError
from coda_pipeline.sync.coding.drain import drain
from coda_pipeline.sync.coding.read_issues import read_issues
from coda_pipeline.sync.coding.read_lists import read_iterations, read_members
from coda_pipeline.sync.coding.reading import CodingReading
from coda_pipeline.sync.coding.report import CodingReport
from coda_pipeline.warehouse.coding.cursors import oldest_read
from coda_pipeline.warehouse.coding.known import (
    dangling_references,
    held_count,
    live_count,
    repeated_keys,
)
from coda_pipeline.warehouse.coding.places import Place, Table


def read_and_report(
    context: AssetExecutionContext, catalog: Catalog, table: str
) -> Iterator[MaterializeResult | AssetCheckResult]:
    """Bring `raw.coding_<table>` up to date for every project of every team."""
    key, coding = coding_raw_key(table), context.resources.coding
    with without_personal_data():
        reports, failed, errors = _read_all(context, catalog, Table(table))
        found = findings(context.resources.warehouse.engine, catalog, Table(table))
        checks = coding_checks(key, reports, failed, found)
        if reports or not errors:
            yield MaterializeResult(
                asset_key=key,
                metadata=coding_metadata(
                    reports, found, {t.name: coding.link(t) for t in catalog.coding.teams}
                ),
                check_results=checks,
            )
        else:
            yield from (check for check in checks if check.check_name == "complete")
        if errors:
            raise errors[0]


def findings(engine: Engine, catalog: Catalog, table: Table) -> CodingFindings:
    """What the warehouse holds of a table."""
    places = [Place(team.name, project) for team in catalog.coding.teams for project in team.projects]
    with engine.connect() as conn:
        return CodingFindings(
            live=live_count(conn, places, table),
            held=held_count(conn, table),
            repeated_keys=repeated_keys(conn, table),
            dangling=dangling_references(conn) if table is Table.ISSUES else {},
            as_of=oldest_read(conn, places, table),
        )


def _read_all(
    context: AssetExecutionContext, catalog: Catalog, table: Table
) -> tuple[list[CodingReport], list[Failed], list[CodaPipelineError]]:
    reports, failed, errors = list[CodingReport](), list[Failed](), list[CodaPipelineError]()
    for team in catalog.coding.teams:
        for place, act in _acts(context, catalog, team, table):
            try:
                reports += act()
            except CodaPipelineError as error:
                failed.append(Failed(place, str(error)))
                errors.append(error)
                context.log.warning("%s of %s: %s", table, place, error)
    return reports, failed, errors


def _acts(
    context: AssetExecutionContext, catalog: Catalog, team: TeamEntry, table: Table
) -> Iterator[tuple[Place, Callable[[], list[CodingReport]]]]:
    """What there is to do for a team: poll each project, or work off what webhooks brought."""

    def reading(project: str) -> CodingReading:
        return CodingReading(
            client=context.resources.coding.client(team),
            engine=context.resources.warehouse.engine,
            team=team,
            project=project,
            guard=catalog.guards.lost,
            run_id=context.run.run_id,
            now=lambda: datetime.now(UTC),
            on_progress=tell_progress(f"coding.{table} of {team.name}/{project}", context.log),
        )

    def poll(project: str) -> list[CodingReport]:
        if table is Table.ISSUES:
            return [read_issues(reading(project), full=is_full(context.run.tags))]
        read = read_iterations if table is Table.ITERATIONS else read_members
        return [read(reading(project), is_forced=is_full(context.run.tags))]

    def work_off() -> list[CodingReport]:
        return drain({project: reading(project) for project in team.projects}, team.name, table)

    if is_from_webhooks(context.run.tags):
        if team.incremental != "polling":
            yield Place(team.name, ", ".join(team.projects)), work_off
        return
    for project in team.projects:
        yield Place(team.name, project), lambda project=project: poll(project)
