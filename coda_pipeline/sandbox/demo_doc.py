"""The HR doc that the sandbox serves: its tables filled, the same for the same seed, size and month.

What the columns are is in `schema`, who the people are in `demo_people`, Участие in `demo_participation`.
"""
# ruff: noqa: PLR2004 - odds, named by what stands beside them

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.cells import Cell, Image, Person, RowRef
from coda_pipeline.sandbox.demo_participation import as_versions, clean_rows, dirtied
from coda_pipeline.sandbox.demo_people import Employee, employees, project_titles
from coda_pipeline.sandbox.document import RowVersion, TableMeta

ROWS_PER_PERSON = 10
ROWS_PER_PROJECT = 60
PEOPLE_RANGE = (12, 4000)
PROJECTS_RANGE = (6, 400)


@dataclass(frozen=True)
class DocContent:
    """A doc to serve: tables, their rows by table id, and the people it knows."""

    doc_id: str
    name: str
    tables: tuple[TableMeta, ...]
    rows: Mapping[str, Mapping[str, RowVersion]] = field(default_factory=dict)
    people: tuple[Person, ...] = ()

    @property
    def row_count(self) -> int:
        """Rows of all tables."""
        return sum(len(rows) for rows in self.rows.values())


@lru_cache(maxsize=32)
def demo_content(content: Literal["demo", "empty"], rows: int, seed: int, month: date) -> DocContent:
    """The HR doc, up to the first day of `month`. `empty` has the tables and not a row."""
    name = "Кадры: участие в проектах"
    if content == "empty":
        return DocContent(schema.HR_DOC_ID, name, schema.TABLES)
    dice = random.Random(seed)  # noqa: S311 - a story, not a secret
    staff = employees(_within(rows // ROWS_PER_PERSON, PEOPLE_RANGE), dice)
    now = datetime.combine(month, time(6, 0), tzinfo=UTC)
    projects = _projects(_within(rows // ROWS_PER_PROJECT, PROJECTS_RANGE), staff, dice)
    people = [employee.person for employee in staff]
    relations = [RowRef(schema.PROJECTS, row_id) for row_id in projects]
    participation = dirtied(clean_rows(rows, people, relations, month, dice), dice)
    tables = {
        schema.PARTICIPATION: as_versions(participation, now, dice),
        schema.PEOPLE: _people(staff, dice),
        schema.PROJECTS: projects,
        schema.ROLES: _listed("i-Role", [{schema.ROLE_NAME: role} for role in schema.ROLE_NAMES]),
        schema.ACTIONS: _listed("i-Action", [{"c-Action0001": "Обновить хранилище"}]),
    }
    return DocContent(schema.HR_DOC_ID, name, schema.TABLES, tables, tuple(people))


@lru_cache(maxsize=1)
def archive_content() -> DocContent:
    """A second doc, which is there for refusals: nobody has access to it unless a token is told so."""
    rows = {
        "grid-Archive001": _listed("i-Archived", [{"c-Archived01": "Дело № 1"}, {"c-Archived01": "Дело № 2"}])
    }
    return DocContent(schema.ARCHIVE_ID, "Архив", schema.ARCHIVE_TABLES, rows)


def _people(staff: Sequence[Employee], dice: random.Random) -> dict[str, RowVersion]:
    rows: list[dict[str, Cell]] = []
    for number, employee in enumerate(staff, start=1):
        person = employee.person
        row: dict[str, Cell] = {
            schema.FULL_NAME: person.name,
            schema.DEPARTMENT: employee.department,
            schema.PHONE: f"+7 900 000-{number // 100 % 100:02}-{number % 100:02}",
        }
        if person.email and dice.random() > 0.02:
            row[schema.EMAIL] = person.email
        if dice.random() < 0.3:
            url = f"https://codahosted.io/docs/{schema.HR_DOC_ID}/photo-{number}.png"
            row[schema.PHOTO] = (Image(f"photo-{number}.png", url),)
        rows.append(row)
    return _listed("i-Person", rows)


def _projects(count: int, staff: Sequence[Employee], dice: random.Random) -> dict[str, RowVersion]:
    return _listed(
        "i-Project",
        [
            {
                schema.TITLE: title,
                schema.LEAD: dice.choice(staff).person,
                schema.STATUS: dice.choice(schema.PROJECT_STATUSES),
                schema.BUDGET: dice.randrange(1, 80) * 50_000,
            }
            for title in project_titles(count)
        ],
    )


def _listed(prefix: str, rows: Sequence[Mapping[str, Cell]]) -> dict[str, RowVersion]:
    versions: dict[str, RowVersion] = {}
    for number, values in enumerate(rows, start=1):
        made_at = schema.MADE_AT + timedelta(minutes=number)
        row_id = f"{prefix}{number:04}"
        versions[row_id] = RowVersion(row_id, made_at, made_at, number, float(number), values)
    return versions


def _within(wanted: int, bounds: tuple[int, int]) -> int:
    return min(max(wanted, bounds[0]), bounds[1])
