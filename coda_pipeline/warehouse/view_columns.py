"""The columns of the views in schema `coda`: named once, never fewer, never in another order.

Which names there can be is decided in `view_names`, the views are made in `views`. A Coda column gives one
view column or two; after its type changed, more: the old ones stay and new ones come beside them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql
from sqlalchemy import Connection, text

from coda_pipeline.warehouse.engine import execute_script
from coda_pipeline.warehouse.view_names import (
    LABEL,
    SQL_TYPE,
    SUFFIX,
    Part,
    Reading,
    ReadsAs,
    free_stem,
    plain_name,
    readings,
)

FIXED_COLUMNS = ("row_id", "row_link", "row_created_at", "row_updated_at")
FIXED_HISTORY_COLUMNS = ("row_id", "valid_from", "valid_to", "ended_as", "row_created_at", "row_updated_at")
# PostgreSQL allows 1600 columns; what does not fit is still in `raw`.
MAX_VIEW_COLUMNS = 1_500

# Column id, name in Coda, type, whether it is a list.
Described = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """One column of the view: its name there, and which part of which Coda column it reads as what."""

    name: str
    column_id: str
    part: Part
    reads_as: ReadsAs
    position: int

    @property
    def reading(self) -> Reading:
        """Which part, read as what."""
        return Reading(self.part, self.reads_as)

    @property
    def sql_type(self) -> str:
        """Its type in SQL."""
        return SQL_TYPE[self.reads_as]


@dataclass(frozen=True, slots=True)
class RenamedColumn:
    """A view column that got another name."""

    column_id: str
    before: str
    after: str


def view_columns(conn: Connection, table: str) -> list[ViewColumn]:
    """The columns of a table's view, in their order, without those that every view has."""
    rows = conn.execute(
        text(
            "select view_column, column_id, part, reads_as, position from sync.view_columns "
            "where table_name = :table order by position"
        ),
        {"table": table},
    )
    return [ViewColumn(*row) for row in rows]


def assign_names(conn: Connection, table: str, columns: Sequence[Described]) -> None:
    """Give every column of the table that lacks one a name for each of its readings."""
    known = view_columns(conn, table)
    wanted = {(c[0], reading) for c in columns for reading in readings(c[2], is_array=c[3])}
    if wanted <= {(k.column_id, k.reading) for k in known}:
        return
    reserved = _reserved(conn)
    taken = {*FIXED_COLUMNS, *FIXED_HISTORY_COLUMNS, *(k.name for k in known)}
    position = max((k.position for k in known), default=0)
    rows: list[dict[str, object]] = []
    for column in columns:
        for name, reading in _new_names(
            column, [k for k in known if k.column_id == column[0]], taken, reserved
        ):
            taken.add(name)
            position += 1
            row: dict[str, object] = {"table": table, "name": name, "id": column[0], "position": position}
            rows.append(row | {"part": reading.part, "reads_as": reading.reads_as})
    rows = rows[: max(0, MAX_VIEW_COLUMNS - len(known))]
    if rows:
        conn.execute(
            text(
                "insert into sync.view_columns "
                "(table_name, view_column, column_id, part, reads_as, position) "
                "values (:table, :name, :id, :part, :reads_as, :position)"
            ),
            rows,
        )


def _new_names(
    column: Described, known: Sequence[ViewColumn], taken: Iterable[str], reserved: frozenset[str]
) -> list[tuple[str, Reading]]:
    _, coda_name, column_type, is_array = column
    wanted = readings(column_type, is_array=is_array)
    missing = [reading for reading in wanted if reading not in {k.reading for k in known}]
    if not missing:
        return []
    stem = plain_name(coda_name, reserved)
    if known:
        value = next((k.name for k in known if k.reading == wanted[0]), None)
        stem = value or f"{stem}_{LABEL[wanted[0].reads_as]}"
    suffixes = [SUFFIX[reading.part] for reading in missing]
    stem = free_stem(stem, suffixes, frozenset(taken))
    return [(stem + SUFFIX[reading.part], reading) for reading in missing]


def adopt_names(conn: Connection, table: str, column: Described) -> list[RenamedColumn]:
    """Let a column's view columns follow its name in Coda; those of a former type step aside.

    Renaming keeps whatever depends on a view column, and rights to it.
    """
    known = view_columns(conn, table)
    own = [k for k in known if k.column_id == column[0]]
    wanted = readings(column[2], is_array=column[3])
    others = {*FIXED_COLUMNS, *FIXED_HISTORY_COLUMNS, *(k.name for k in known if k.column_id != column[0])}
    current = [k for k in own if k.reading in wanted]
    stem = plain_name(column[1], _reserved(conn))
    stem = free_stem(stem, [SUFFIX[k.part] for k in current] or [""], others)
    after = {k.name: stem + SUFFIX[k.part] for k in current}
    for former in own:
        if former in current:
            continue
        taken = others | set(after.values())
        if former.name in taken:
            after[former.name] = free_stem(f"{stem}_{LABEL[former.reads_as]}", [""], taken)
        else:
            after[former.name] = former.name
    return _rename(
        conn, table, [RenamedColumn(column[0], old, new) for old, new in after.items() if old != new]
    )


def _rename(conn: Connection, table: str, renamed: list[RenamedColumn]) -> list[RenamedColumn]:
    """Rename in the ledger and both views, by way of names that nobody has: two may change places."""
    steps = [(r.before, f"_renaming_{n}") for n, r in enumerate(renamed)]
    steps += [(f"_renaming_{n}", r.after) for n, r in enumerate(renamed)]
    views = [v for v in (table, f"{table}_history") if _view_exists(conn, v)]
    for before, after in steps:
        conn.execute(
            text(
                "update sync.view_columns set view_column = :after "
                "where table_name = :table and view_column = :before"
            ),
            {"table": table, "before": before, "after": after},
        )
        for view in views:
            statement = sql.SQL("alter view coda.{} rename column {} to {}").format(
                sql.Identifier(view), sql.Identifier(before), sql.Identifier(after)
            )
            execute_script(conn, statement.as_string())
    return renamed


def _view_exists(conn: Connection, view: str) -> bool:
    query = text("select exists (select from pg_views where schemaname = 'coda' and viewname = :view)")
    return bool(conn.execute(query, {"view": view}).scalar())


def _reserved(conn: Connection) -> frozenset[str]:
    """The words that this server does not take for a column without quotes."""
    return frozenset(
        conn.execute(text("select word from pg_get_keywords() where catcode in ('R', 'T')")).scalars()
    )
