"""What an application does with `core.participation`, in few words."""

from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

ANNA = {
    "person_name": "Анна Петрова",
    "person_email": "anna@example.org",
    "activity": "Обучение",
    "activity_row_id": "i-training",
    "role": "аналитик",
    "started_on": "2024-03-01",
}


class Application:
    """A connection to the warehouse with the statements that an application runs."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn

    def execute(self, statement: str, *parameters: object) -> psycopg.Cursor[Any]:
        return self.conn.execute(statement.encode(), parameters or None)

    def insert(self, **values: object) -> UUID:
        """Insert Анна, except for what is given."""
        row = ANNA | values
        statement = sql.SQL(
            "insert into core.participation ({}) values ({}) returning participation_id"
        ).format(
            sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(sql.Placeholder() * len(row))
        )
        return self.conn.execute(statement, list(row.values())).fetchone().participation_id

    def update(self, participation_id: UUID, **values: object) -> int:
        """Set some columns; how many rows that reached."""
        sets = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values)
        statement = sql.SQL("update core.participation set {} where participation_id = %s").format(sets)
        return self.conn.execute(statement, [*values.values(), participation_id]).rowcount

    def row(self, participation_id: UUID) -> Any:
        return self.execute(
            "select * from core.participation where participation_id = %s", participation_id
        ).fetchone()

    def delete(self, participation_id: UUID) -> int:
        return self.execute(
            "delete from core.participation where participation_id = %s", participation_id
        ).rowcount

    def count(self) -> int:
        return self.execute("select count(*) from core.participation").fetchone()[0]
