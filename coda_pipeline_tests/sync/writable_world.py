"""The world in which Coda takes writes. What it does with them is here in its barest form.

It takes a write at once and applies it later, updates by key whatever row shows the key, and otherwise makes
a new one. What is sent to it is decided in `planned_world` and `two_sides`.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from coda_pipeline.sync.model import Activity, Person, Value
from coda_pipeline.sync.plan_model import SYNC_ID, Method, Write, WriteState
from coda_pipeline_tests.sync.world import World

# How Coda shows people and projects, whatever label came with the e-mail or the row id.
PEOPLE = {
    "anna@example.com": "Анна Белова",
    "ivan1@example.com": "Иванов Иван",
    "ivan2@example.com": "Иванов Иван",
}
PROJECTS = {"p1": "Обучение", "p2": "Обучение"}


@dataclass
class WritableWorld(World):
    """`queue` is taken by Coda and not applied yet, `made_for` are the rows that it made, by their id."""

    writes: list[Write] = field(default_factory=list)
    queue: list[Write] = field(default_factory=list)
    made_for: dict[str, UUID] = field(default_factory=dict)

    def apply(self) -> None:
        """Coda does what it took, in order."""
        for write in self.queue:
            self.clock += timedelta(seconds=1)
            self._do(write)
        self.queue.clear()

    def lose(self) -> None:
        """Coda says that it has done what it took, and has not."""
        for write in self.queue:
            self._confirm(write)
        self.queue.clear()

    def _do(self, write: Write) -> None:
        values = {name: shown(value) for name, value in write.after.items()}
        key = str(write.participation_id)
        if write.method is Method.DELETE:
            self.rows.pop(write.row_id or "", None)
        elif write.method is Method.PUT and write.row_id in self.rows:
            self.rows[write.row_id].update(values)
            self.times[write.row_id] = self.clock
        elif write.method is Method.UPSERT:
            rows = [r for r, c in self.rows.items() if c.get(SYNC_ID) == key]
            for row_id in rows or [self._new_row(write.participation_id)]:
                self.rows[row_id] = {**self.rows.get(row_id, {}), **values, SYNC_ID: key}
                self.times[row_id] = self.clock
        self._confirm(write)

    def _confirm(self, write: Write) -> None:
        number = next(n for n, w in enumerate(self.writes) if w.write_id == write.write_id)
        if self.writes[number].state is WriteState.SENT:
            self.writes[number] = replace(
                self.writes[number], state=WriteState.CONFIRMED, confirmed_at=self.clock
            )

    def _new_row(self, pid: UUID) -> str:
        row_id = f"n{len(self.made_for) + 1}"
        self.made_for[row_id] = pid
        return row_id


def shown(value: Value) -> Value:
    """A value as Coda shows it: people and projects under its own labels."""
    match value:
        case Person(_, str(email)):
            return Person(PEOPLE.get(email.lower(), email), email)
        case Activity(_, str(row_id)):
            return Activity(PROJECTS.get(row_id, row_id), row_id)
        case _:
            return value
