"""The button without a public door: HR's button adds a row to a table in Coda, and finds the answer in it.

A new row without an answer is a press like any other, and waits in the same queue. The answer is written
once there is one, and once more when nothing can come any more; only where writing to Coda is allowed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dagster import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SensorResult, sensor
from sqlalchemy import Connection, Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_gateway import RequestTable
from coda_pipeline.coda.client import CodaClient, connect_coda, connect_coda_for_writing
from coda_pipeline.coda.models import Row
from coda_pipeline.defs.names import REQUEST_TABLE
from coda_pipeline.defs.sensing import SensorWarehouse
from coda_pipeline.errors import ExpiredTokenError, NotFoundError
from coda_pipeline.settings import Settings
from coda_pipeline.sync.cells import person_of, plain_text
from coda_pipeline.sync.model import Person

EVERY_S = 15
ABOUT = (
    "The button where nothing outside can reach the gateway: a row that HR's button adds to the request "
    "table in Coda starts a sync, and the answer is written into that row. Leave it on."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell in a row; `is_final` where nothing more will be told there."""

    row_id: str
    told: str
    is_new: bool
    is_final: bool


def request_table_sensor(
    settings: Settings, catalog: Catalog, table: RequestTable, warehouse: SensorWarehouse
) -> SensorDefinition:
    """The sensor over one request table; the runs are started by that of the button."""

    @sensor(
        name=REQUEST_TABLE,
        minimum_interval_seconds=EVERY_S,
        default_status=DefaultSensorStatus.RUNNING,
        description=ABOUT,
    )
    def request_table(context: SensorEvaluationContext) -> SensorResult:
        from coda_pipeline.warehouse.engine import plain_url  # noqa: PLC0415

        with warehouse.open() as engine:
            url = plain_url(engine.url.render_as_string(hide_password=False))
            with connect_coda(settings, catalog.coda.limits, url) as client:
                rows, token = _changed_rows(client, table, context.cursor)
                pressed = take_rows(engine, table, rows)
                told = 0
                if settings.coda_pipeline_allow_write:
                    told = _answer_as_writer(settings, catalog, table, warehouse=engine, reader=client)
        return SensorResult(skip_reason=f"{pressed} new row(s), {told} answer(s) written.", cursor=token)

    return request_table


def _answer_as_writer(
    settings: Settings, catalog: Catalog, table: RequestTable, *, warehouse: Engine, reader: CodaClient
) -> int:
    """Answer under the token for writing, which may be another user's."""
    zone = ZoneInfo(catalog.gateway.time_zone)
    from coda_pipeline.warehouse.engine import plain_url  # noqa: PLC0415

    if not settings.has_own_write_token:
        return answer_rows(warehouse, reader, table, zone)
    url = plain_url(warehouse.url.render_as_string(hide_password=False))
    with connect_coda_for_writing(settings, catalog.coda.limits, url) as writer:
        return answer_rows(warehouse, writer, table, zone)


def take_rows(engine: Engine, table: RequestTable, rows: list[Row]) -> int:
    """Take every new row without an answer as a press; how many."""
    from coda_pipeline.warehouse.request_rows import RequestRows  # noqa: PLC0415
    from coda_pipeline.warehouse.trigger_requests import Press, take_press  # noqa: PLC0415

    asking = {row.id: row for row in rows if plain_text(row.values.get(table.answer)) is None}
    with engine.begin() as conn:
        known = RequestRows(conn, table.doc, table.table)
        unknown = known.unknown(asking)
        for row_id in sorted(unknown):
            row = asking[row_id]
            who = _who(row.values.get(table.requested_by)) if table.requested_by else None
            request_id, _ = take_press(conn, Press(who, row.browser_link, table.doc))
            known.remember(row_id, request_id)
    return len(unknown)


def answer_rows(engine: Engine, client: CodaClient, table: RequestTable, zone: ZoneInfo) -> int:
    """Write into each waiting row what there is to tell; how many got something new."""
    from coda_pipeline.warehouse.request_rows import RequestRows  # noqa: PLC0415

    with engine.connect() as conn:
        answers = list(_answers(conn, table, zone))
    for answer in answers:
        is_final = answer.is_final
        try:
            if answer.is_new:
                client.update_row(table.doc, table.table, answer.row_id, {table.answer: answer.told})
        except NotFoundError:
            # HR deleted the row: nobody waits for this answer.
            is_final = True
        with engine.begin() as conn:
            RequestRows(conn, table.doc, table.table).note_told(answer.row_id, answer.told, is_final=is_final)
    return sum(answer.is_new for answer in answers)


def _answers(conn: Connection, table: RequestTable, zone: ZoneInfo) -> Iterator[Answer]:
    from coda_pipeline.gateway.sentence import sentence  # noqa: PLC0415
    from coda_pipeline.gateway.telling import is_last_word, told_of  # noqa: PLC0415
    from coda_pipeline.warehouse.request_rows import RequestRows  # noqa: PLC0415
    from coda_pipeline.warehouse.trigger_requests import find_request  # noqa: PLC0415

    for row in RequestRows(conn, table.doc, table.table).waiting():
        found = find_request(conn, row.request_id)
        if found is None or found.state in {"queued", "running"}:
            continue
        words, is_final = sentence(told_of(found, zone), table.language), is_last_word(found)
        if words != row.told or is_final:
            yield Answer(row.row_id, words, is_new=words != row.told, is_final=is_final)


def _changed_rows(client: CodaClient, table: RequestTable, token: str | None) -> tuple[list[Row], str | None]:
    """Rows since the token, all without one, and the token for next time."""
    try:
        pages = list(client.row_pages(table.doc, table.table, sync_token=token or None))
    except ExpiredTokenError:
        pages = list(client.row_pages(table.doc, table.table))
    return [row for page in pages for row in page.rows], pages[0].next_sync_token


def _who(cell: object) -> str | None:
    """Who pressed: by e-mail, where the column is one of people."""
    person = person_of(cell)
    return (person.email or person.name) if isinstance(person, Person) else None
