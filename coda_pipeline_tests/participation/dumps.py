"""A table of Участие by hand, as in `table`, with a table of projects and of people, and dumps beside it."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from coda_pipeline.catalog import Catalog, parse_catalog
from coda_pipeline.catalog_participation import ConflictPolicy
from coda_pipeline.sync.dump_load import DumpReport, load_dump
from coda_pipeline.warehouse.views import ensure_table
from coda_pipeline_tests.participation.table import FIELDS, Table

COLUMNS = {
    "person": "Кто",
    "activity": "Что",
    "role": "Роль",
    "started_on": "С",
    "ended_on": "По",
    "share": "Доля",
    "comment": "Заметка",
    "row_id": "Row ID",
}


def catalog(policy: ConflictPolicy = "coda_wins", *, doc: str | None = "doc1") -> Catalog:
    """Участие, projects and people of one doc, and a dump of 2024; `doc` is the doc that was dumped."""
    tables = [
        {"id": "grid-1", "name": "participation"},
        {"id": "grid-2", "name": "projects"},
        {"id": "grid-3", "name": "people"},
    ]
    section = {
        "sources": [{"table": "participation", "fields": FIELDS}],
        "conflicts": policy,
        "dump": {2024: {"files": "*.csv", "columns": COLUMNS, "doc": doc}},
    }
    return parse_catalog(
        {"coda": {"docs": [{"id": "doc1", "tables": tables}]}, "participation": section}, source="t"
    )


class Dumped(Table):
    """The tables of one doc in `raw`, and dumps of it."""

    def __init__(
        self, engine: Engine, folder: Path, policy: ConflictPolicy = "coda_wins", *, doc: str | None = "doc1"
    ) -> None:
        super().__init__(engine, policy)
        self.catalog, self.folder = catalog(policy, doc=doc), folder
        with engine.begin() as conn:
            for spec in self.catalog.tables:
                ensure_table(conn, spec)
        self.execute(
            "update sync.tables set display_column_id = 'c-name' where table_name <> 'participation'"
        )
        self.column("participation", "c-a", "lookup", '{"table": {"id": "grid-2"}}')
        self.column("people", "c-mail", "email")

    def column(self, table: str, column: str, kind: str, form: str = "{}") -> None:
        """A column of a table as Coda describes it."""
        self.execute(
            "insert into sync.columns (table_name, column_id, name, type, is_array, calculated, position,"
            " format, excluded, accepted_name, accepted_type, accepted_is_array, first_seen_at, last_seen_at)"
            " values (:table, :column, :column, :kind, false, false, 1, cast(:form as jsonb), false, :column,"
            " :kind, false, now(), now())",
            table=table, column=column, kind=kind, form=form,
        )  # fmt: skip

    def name(self, table: str, row_id: str, name: str, email: str = "") -> None:
        """A row of the table of projects or of people."""
        self.execute(
            f"insert into raw.coda_{table} (row_id, values, row_hash, first_seen_at, received_at, run_id)"
            " values (:row, jsonb_build_object('c-name', cast(:name as text),"
            " 'c-mail', cast(:email as text)), :name, now(), now(), 'test')",
            row=row_id, name=name, email=email,
        )  # fmt: skip

    def dump(self, *lines: dict[str, Any]) -> DumpReport:
        """A dump of 2024 is loaded in place of the one before."""
        header = ";".join(COLUMNS.values())
        rows = [";".join(str(line.get(name, "")) for name in COLUMNS) for line in lines]
        (self.folder / "dump.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
        return load_dump(self.engine, self.catalog, 2024, self.folder, run_id="dump", now=self.now)

    def shown(self) -> list[tuple[Any, ...]]:
        """What core.participation shows, without ids and times."""
        return self.select(
            "select person_name, person_email, activity, activity_row_id, role, started_on, ended_on, share,"
            " comment, source, coda_row_id from core.participation order by 1, 2, 3, 4, 5, 6, 11"
        )

    def lines(self) -> dict[str, str]:
        """Line id -> outcome."""
        query = (
            "select row_id, outcome from core.participation_records"
            " where source = 'dump' and deleted_at is null"
        )
        return dict(self.select(query))  # type: ignore[arg-type]

    def scalar(self, query: str) -> Any:
        with self.engine.connect() as conn:
            return conn.scalar(text(query))
