"""Both ways at once, as the demo shows it: HR edits in Coda, the application in PostgreSQL, then one sync.

HR acts through the sandbox's own door, the application by SQL; nothing here knows how the sync works.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from coda_pipeline.catalog import Catalog
from coda_pipeline.commands.demo_world import FASTER
from coda_pipeline.commands.run import run_sync
from coda_pipeline.commands.sandbox_door import hr
from coda_pipeline.commands.terminal import remark, say, say_table
from coda_pipeline.commands.workplace import open_warehouse
from coda_pipeline.settings import Settings

HEADER = ("who", "did", "in", "in PostgreSQL now", "in Coda now")
# Three that speak for themselves alone, so that what happens to them is easy to follow.
_ACTORS = """
    select p.participation_id, p.coda_row_id, p.source_table
      from core.participation as p
     where p.source = 'coda' and p.person_email is not null and p.activity_row_id is not null
       and not exists (select from core.participation_duplicates as d
                        where d.participation_id = p.participation_id)
     order by p.started_on desc, p.participation_id limit 2
"""
_INSERT = """
    insert into core.participation
           (person_name, person_email, activity, activity_row_id, role, started_on, comment)
    select person_name, person_email, activity, activity_row_id, role,
           date '2031-01-01' + (select count(*)::int from core.participation_all where year >= 2031), :comment
      from core.participation where participation_id = :like
    returning participation_id
"""


@dataclass(frozen=True)
class Actors:
    """Whom the story is about: rows in Coda by id, participations by theirs."""

    edited_here: UUID
    row_edited_here: str
    edited_there: UUID
    row_edited_there: str
    born_here: UUID


def both_ways(settings: Settings, catalog: Catalog) -> bool:
    """Let both sides edit, sync once, and show that both arrived; whether the sync did all of its work."""
    say()
    remark("Both ways: HR writes a comment in Coda; the application changes a share and adds a participation")
    mapping = catalog.participation.sources[0].fields if catalog.participation else None
    if mapping is None or mapping.comment is None or mapping.share is None:
        return True
    with open_warehouse(settings) as engine:
        actors = _application_edits(engine)
        hr(
            settings,
            "edit_row",
            row_id=actors.row_edited_there,
            values={mapping.comment: "перенесено в план"},
        )
        time.sleep(FASTER["lag"] + 1)
        is_done = run_sync(settings, ("participation",), full=False)
        with engine.connect() as conn:
            here = {pid: _participation(conn, pid) for pid in (actors.edited_here, actors.edited_there)}
            born = _participation(conn, actors.born_here)
        there = {
            row: hr(settings, "row", row_id=row) for row in (actors.row_edited_here, actors.row_edited_there)
        }
        new_row = hr(settings, "row", row_id=born["coda_row_id"]) if born["coda_row_id"] else {}
    say_table(
        HEADER,
        [
            (
                "HR",
                "wrote a comment",
                "Coda",
                here[actors.edited_there]["comment"],
                there[actors.row_edited_there].get(mapping.comment),
            ),
            (
                "application",
                "set a share",
                "PostgreSQL",
                here[actors.edited_here]["share"],
                there[actors.row_edited_here].get(mapping.share),
            ),
            (
                "application",
                "added a participation",
                "PostgreSQL",
                born["comment"],
                new_row.get(mapping.comment, "not there yet"),
            ),
        ],
    )
    return is_done


def _application_edits(engine: Engine) -> Actors:
    with engine.begin() as conn:
        first, second = conn.execute(text(_ACTORS)).all()
        conn.execute(
            text(
                "update core.participation set share = case when share = 0.35 then 0.4 else 0.35 end"
                " where participation_id = :id"
            ),
            {"id": first.participation_id},
        )
        born = conn.scalar(
            text(_INSERT), {"like": first.participation_id, "comment": "добавлено приложением"}
        )
    return Actors(
        first.participation_id, first.coda_row_id, second.participation_id, second.coda_row_id, born
    )


def _participation(conn: Connection, participation_id: UUID) -> Mapping[str, object]:
    query = text("select * from core.participation where participation_id = :id")
    return dict(conn.execute(query, {"id": participation_id}).mappings().one())
