"""A plan on the terminal: its lines, its rows by the names that people give them, its keys as a table.

How one row reads is in `sync.plan_text`. What is printed here are names and cells.
"""

import csv
import sys
from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from sqlalchemy import Connection

from coda_pipeline.catalog import Catalog
from coda_pipeline.coda.client import connect_coda_for_writing
from coda_pipeline.commands.values import shown
from coda_pipeline.errors import CodaPipelineError, ConfigurationError
from coda_pipeline.settings import Settings
from coda_pipeline.sync.model import Fields
from coda_pipeline.sync.plan_model import SYNC_ID, Plan, PlanKind, PlanRow
from coda_pipeline.sync.plan_text import (
    SAMPLE_ROWS,
    filling_in_line,
    headline,
    mapping_lines,
    remapped_rows,
    row_lines,
)
from coda_pipeline.warehouse.core import load
from coda_pipeline.warehouse.core.reports import links_of

# So much of a digest names a row of a plan for sure; `show` gives all of it.
MIN_DIGEST_CHARS = 6
KEY_COLUMNS = ("row_id", "link", "person", "activity", "role", "started_on", "key")


def lines(conn: Connection, plan: Plan, catalog: Catalog, *, limit: int) -> Iterator[str]:
    """All that there is to say of a plan, at most so many rows of it: those that wait for a person first."""
    yield headline(plan)
    if took := filling_in_line(plan, catalog.coda.limits):
        yield took
    rows = sorted(plan.rows, key=lambda row: not row.holds)[:limit]
    sample = remapped_rows(plan)[:SAMPLE_ROWS]
    about = _about(conn, [*rows, *sample])
    if sample:
        yield from mapping_lines(plan, about=about)
    links = links_of(conn, [_record_id(row) for row in rows if row.row_id])
    for row in (row for row in rows if row not in sample):
        yield ""
        yield from row_lines(row, about.get(row.participation_id, {}), links.get(_record_id(row)))
    if len(rows) < len(plan.rows):
        yield ""
        yield f"... and {len(plan.rows) - len(rows)} more; --limit shows them."


def digests_of(plan: Plan, names: Collection[str]) -> set[str]:
    """The rows that a person named, by digest, by the beginning of it, or by participation.

    Raises `ConfigurationError` where a name fits no row, or, being the beginning of a digest, several.
    """
    found: set[str] = set()
    for name in names:
        fitting = [row for row in plan.rows if _is_named(row, name.strip().lower())]
        is_participation = any(str(row.participation_id) == name.strip().lower() for row in fitting)
        if not fitting or (len(fitting) > 1 and not is_participation):
            what = "no row" if not fitting else "several rows"
            message = f"Plan {plan.plan_id} has {what} {name}. Nothing was done; `plans show` names them."
            raise ConfigurationError(message)
        found |= {row.digest for row in fitting}
    return found


def print_keys(conn: Connection, plan: Plan) -> None:
    """The keys of a plan on standard output, one row of Coda a line, to be pasted there as a table.

    Raises `ConfigurationError` for a plan that is not one of keys.
    """
    if plan.kind is not PlanKind.KEYS:
        message = f"Plan {plan.plan_id} is not a plan of keys: --csv is for those. `plans list` shows them."
        raise ConfigurationError(message)
    about, links = _about(conn, plan.rows), links_of(conn, [_record_id(row) for row in plan.rows])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(KEY_COLUMNS)
    for row in plan.rows:
        fields = about.get(row.participation_id, {})
        said = (shown(fields.get(name)) for name in ("activity", "role", "started_on"))
        person = getattr(fields.get("person"), "name", None) or shown(fields.get("person"))
        key = row.after[SYNC_ID]
        writer.writerow([row.row_id, links.get(_record_id(row)), *map(_plain, (person, *said)), key])


def whose_name(settings: Settings) -> str:
    """Under whose name the writes will appear in Coda, as far as can be told now."""
    try:
        with connect_coda_for_writing(settings, settings.catalog().coda.limits, None) as client:
            name = client.whoami().login_id
    except CodaPipelineError:
        name = "whoever CODA_WRITE_TOKEN (or CODA_API_TOKEN) belongs to; `coda-pipeline doctor` tries it"
    return f"In Coda the edits appear under the name of {name}, and automations of the table will see them."


def _about(conn: Connection, rows: Sequence[PlanRow]) -> dict[UUID, Fields]:
    if not rows:
        return {}
    ids = [row.participation_id for row in rows]
    return {p.participation_id: p.fields for p in load.participations(conn, ids=ids)}


def _record_id(row: PlanRow) -> str:
    return f"{row.source_table}:{row.row_id}"


def _is_named(row: PlanRow, name: str) -> bool:
    if str(row.participation_id) == name:
        return True
    return len(name) >= MIN_DIGEST_CHARS and row.digest.lower().startswith(name)


def _plain(text: str) -> str:
    """A cell that a spreadsheet will not take for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text
