"""`raw.participation_dump`: replacing the lines of one year, and what the last load of it came to.

Lines go by COPY straight to where they stay, in the caller's transaction: a load that fails, or is killed,
leaves the year as it was. Which lines there are is decided in `dump` and `sync.dump_load`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString, cast

from sqlalchemy import Connection, text

from coda_pipeline.warehouse.core.driver import driver_connection, execute, give_memory
from coda_pipeline.warehouse.statistics import note_written

FACTS = ("file_name", "file_size", "file_sha256", "year", "loaded_at", "run_id")
# What most files lack stands together.
CONTENT = (
    "row_id",
    "doc_id",
    "person_email",
    "activity_row_id",
    "person_name",
    "activity",
    "role",
    "started_on",
    "ended_on",
    "share",
    "comment",
    "unreadable",
    "cells",
)
# `line_id` as if no two lines were equal: the row's id, or `k-`, a digest of the key, `-1`.
LINE = ("line_number", "line_id", "row_hash", *CONTENT, *FACTS)
REJECTED = ("line_number", "column_name", "cell", "reason", *FACTS)
NULL = rb"\N"
# So many bytes of rejected lines wait until the COPY of the others is interrupted for them.
MAX_WAITING_BYTES = 1 << 20
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
# Equal lines are numbered by what they say, not by where they stand: the order of a file carries no meaning.
# Few lines are equal, so only those are sorted.
_NUMBER_EQUALS = """
    with again as (
        select line_id from raw.participation_dump where year = %(year)s
         group by line_id having count(*) > 1),
    numbered as (
        select l.ctid as place, row_number() over (partition by line_id
            order by row_hash collate "C", file_name collate "C", line_number) as ordinal
          from raw.participation_dump as l join again using (line_id) where l.year = %(year)s)
    update raw.participation_dump as l
       set line_id = case when l.row_id is null then left(l.line_id, -1) || ordinal
                          else l.line_id || '#' || ordinal end
      from numbered
     where l.ctid = numbered.place and ordinal > 1 and l.year = %(year)s
"""
_REMEMBER = """
    insert into sync.dump_loads (year, input_lines, loaded, other_years, rejected, files, loaded_at, run_id)
    values (%(year)s, %(input)s, %(loaded)s, %(other_years)s, %(rejected)s, %(files)s::jsonb, %(now)s,
            %(run_id)s)
    on conflict (year) do update
       set input_lines = excluded.input_lines, loaded = excluded.loaded, other_years = excluded.other_years,
           rejected = excluded.rejected, files = excluded.files, loaded_at = excluded.loaded_at,
           run_id = excluded.run_id
"""
_YEARS = text("select year from sync.dump_loads order by year")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What landed in the tables, by their own count, and how many lines were replaced."""

    loaded: int
    rejected: int
    replaced: int


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines as COPY reads them: columns `LINE`, or `REJECTED`."""

    body: bytes = field(repr=False)
    is_rejected: bool = False


def copied(value: str | None) -> bytes:
    """A text as COPY reads it."""
    if value is None:
        return NULL
    return (value.translate(_ESCAPES) if _SPECIAL.search(value) else value).encode()


def replace_year(conn: Connection, year: int, blocks: Iterable[Block]) -> Loaded:
    """Put the lines and rejected lines of a year in place of those that were there."""
    values = {"year": year}
    give_memory(conn)
    replaced = execute(conn, "delete from raw.participation_dump where year = %(year)s", values).rowcount
    execute(conn, "delete from raw.participation_dump_rejected where year = %(year)s", values)
    loaded, rejected = 0, 0
    remaining = iter(blocks)
    waiting: list[bytes] | None = []
    while waiting is not None:
        waiting = []
        loaded += _copy(conn, "raw.participation_dump", LINE, _lines_of(remaining, waiting))
        rejected += _copy(conn, "raw.participation_dump_rejected", REJECTED, waiting)
        waiting = waiting or None
    note_written(conn, "raw.participation_dump", loaded)
    execute(conn, _NUMBER_EQUALS, values)
    return Loaded(loaded, rejected, replaced)


def _lines_of(blocks: Iterator[Block], waiting: list[bytes]) -> Iterator[bytes]:
    """The lines that can be read, up to the end or until too many others wait."""
    size = 0
    for block in blocks:
        if not block.is_rejected:
            yield block.body
            continue
        waiting.append(block.body)
        size += len(block.body)
        if size > MAX_WAITING_BYTES:
            return


def _copy(conn: Connection, table: str, columns: Iterable[str], bodies: Iterable[bytes]) -> int:
    statement = cast("LiteralString", f"copy {table} ({', '.join(columns)}) from stdin")
    with driver_connection(conn).cursor() as cursor:
        with cursor.copy(statement) as copy:
            for body in bodies:
                copy.write(body)
        return cursor.rowcount


def remember_load(
    conn: Connection, year: int, counts: Mapping[str, Any], *, run_id: str, now: datetime
) -> None:
    """Note what the load of a year came to: `input`, `loaded`, `other_years`, `rejected`, `files` as JSON."""
    execute(conn, _REMEMBER, {**counts, "year": year, "run_id": run_id, "now": now})


def loaded_years(conn: Connection) -> list[int]:
    """The years of which a dump was ever loaded."""
    return list(conn.scalars(_YEARS))
