"""What `doctor` looks at on this side: the configuration, the database and its rights, Dagster's part."""

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, text

from coda_pipeline.catalog import Catalog
from coda_pipeline.commands.findings import Finding, fine, wrong
from coda_pipeline.commands.workplace import dagster_instance, export_environment
from coda_pipeline.errors import CodaPipelineError
from coda_pipeline.settings import EMBEDDED, Settings
from coda_pipeline.warehouse.coding.places import Table
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline.warehouse.held import held_rows
from coda_pipeline.warehouse.migrate import check_current

SCHEMAS = ("raw", "coda", "coding", "core", "sync", "ops")


def examine_configuration(settings: Settings, catalog: Catalog) -> Iterator[Finding]:
    """Which configuration is in use, and whether Участие is mapped in it."""
    place = str(settings.coda_pipeline_config)
    if not settings.has_own_catalog:
        place = f"there is no {place}, so the demo's tables are used; `coda-pipeline discover` writes one"
    projects = sum(len(team.projects) for team in catalog.coding.teams)
    coding = f", {projects} CODING project(s)" if projects else ""
    what = f"{len(catalog.coda.docs)} doc(s), {len(catalog.tables)} table(s){coding}"
    yield fine("configuration", f"{place}: {what}")
    if catalog.participation is None and (catalog.tables or not projects):
        yield wrong("mapping", "no table is mapped as Участие: add `participation` to the configuration")


def examine_database(settings: Settings, catalog: Catalog | None) -> Iterator[Finding]:
    """The warehouse: reached, new enough, writable, migrated; then Dagster's storage."""
    try:
        engine = warehouse_engine(export_environment(settings).warehouse_url())
    except CodaPipelineError as error:
        yield wrong("database DATABASE_URL", str(error))
        return
    try:
        yield from _examine_warehouse(engine, catalog, is_embedded=settings.warehouse_url() == EMBEDDED)
    finally:
        engine.dispose()
    yield from _examine_dagster(settings.dagster_home)


def _examine_warehouse(engine: Engine, catalog: Catalog | None, *, is_embedded: bool) -> Iterator[Finding]:
    with engine.connect() as conn:
        version, user, database = conn.execute(
            text("select current_setting('server_version'), current_user, current_database()")
        ).one()
    kind = "embedded, " if is_embedded else ""
    yield fine("database DATABASE_URL", f"PostgreSQL {version}, {kind}database {database} as {user}")
    try:
        check_current(engine)
    except CodaPipelineError as error:
        yield wrong("schema", str(error))
        return
    yield fine("schema", "up to date")
    yield from examine_rights(engine)
    yield from _examine_held(engine, catalog)


def examine_rights(engine: Engine) -> Iterator[Finding]:
    """Every right a sync needs: to create in our schemas, and to read and write each table in them."""
    with engine.connect() as conn:
        user = conn.scalar(text("select current_user"))
        schemas = conn.scalars(
            text(
                "select s from unnest(cast(:schemas as text[])) as s"
                " where not (has_schema_privilege(s, 'create') and has_schema_privilege(s, 'usage'))"
            ),
            {"schemas": list(SCHEMAS)},
        ).all()
        tables = conn.scalars(
            text(
                "select format('%I.%I', n.nspname, c.relname)"
                " from pg_class as c join pg_namespace as n on n.oid = relnamespace"
                " where n.nspname = any(:schemas) and relkind in ('r', 'p')"
                " and not (has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')"
                " and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete'))"
                " order by 1"
            ),
            {"schemas": list(SCHEMAS)},
        ).all()
    for schema in schemas:
        yield wrong(
            f"right on {schema}",
            f"{user} may not create in it: grant usage, create on schema {schema} to {user}",
        )
    for table in tables:
        yield wrong(f"right on {table}", f"{user} may not change it: grant all on {table} to {user}")
    if not schemas and not tables:
        yield fine("rights", f"{user} may do all that a sync does")


def _examine_held(engine: Engine, catalog: Catalog | None) -> Iterator[Finding]:
    with engine.connect() as conn:
        held = [row for row in held_rows(conn) if row.state == "held"]
    known = {spec.name for spec in catalog.tables} if catalog else set()
    known |= {table.view for table in Table} if catalog and catalog.coding.teams else set()
    for table in sorted({row.table for row in held}):
        count = sum(row.table == table for row in held)
        note = "" if table in known else " (the configuration does not name this table any more)"
        advice = f"{count} rows wait for a person{note}: coda-pipeline deletions list {table}"
        yield wrong(f"held deletions, {table}", advice)


def _examine_dagster(home: Path) -> Iterator[Finding]:
    what = "dagster DAGSTER_HOME"
    if not os.access(home, os.W_OK):
        yield wrong(
            what, f"{home} cannot be written: make it writable, or name another folder with DAGSTER_HOME"
        )
        return
    try:
        with dagster_instance() as instance:
            runs = instance.get_runs_count()
    except Exception as error:
        yield wrong(what, f"its storage cannot be used ({type(error).__name__}): run `coda-pipeline migrate`")
        return
    yield fine(what, f"{home}, {runs} run(s) on record")
