"""Участие of the demo doc: believable rows first, then the dirt that years of hands leave in a table.

Everything is drawn from one seeded source, so a seed gives the same table always. The shares of dirt are of
the number of rows; what a table is too small for, it does not have.
"""
# ruff: noqa: PLR2004 - shares and odds, named by what stands beside them

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from coda_pipeline.sandbox.cells import Cell, Person, RowRef, Styled
from coda_pipeline.sandbox.document import RowVersion
from coda_pipeline.sandbox.schema import (
    DONE,
    END,
    HOURS,
    NOTE,
    PERSON,
    PROJECT,
    ROLE,
    ROLE_NAMES,
    SALARY,
    SHARE,
    START,
    SYNC_ID,
    TAG_NAMES,
    TAGS,
)

FIRST_DAY = date(2023, 1, 9)
Cells = dict[str, Cell]
NOTES = (
    "",
    "",
    "",
    "",
    "",
    "По договорённости с руководителем",
    "Перешла из другого проекта",
    "Замена на время отпуска 🏖️",
    "«Горячая» задача, срок — конец квартала",
    "Уточнить ставку; см. письмо, п. 3",
    'Сказал: "до мая"',
    "Первая строка\nВторая строка",
    "Продлено",
    "👍",
)
ODD_HOURS = ("по факту", "~20", "8 ч/нед", "12,5", "нет данных")
SHARES = (0.1, 0.2, 0.25, 0.5, 0.5, 0.75, 0.8, 1.0, 1.0, 1.0)


def clean_rows(
    count: int, people: Sequence[Person], projects: Sequence[RowRef], last_day: date, dice: random.Random
) -> list[Cells]:
    """Rows as they should be: all key fields, dates in order."""
    span = (last_day - FIRST_DAY).days
    rows: list[Cells] = []
    for number in range(count):
        start = FIRST_DAY + timedelta(days=int(span * (number + dice.random()) / max(count, 1)))
        rows.append(_clean_row(start, last_day, people, projects, dice))
    return rows


def _clean_row(
    start: date, last_day: date, people: Sequence[Person], projects: Sequence[RowRef], dice: random.Random
) -> Cells:
    end = start + timedelta(days=dice.choice((14, 30, 60, 90, 180, 365)))
    is_open = end > last_day and dice.random() < 0.7
    row: Cells = {
        PERSON: dice.choice(people),
        PROJECT: dice.choice(projects),
        ROLE: dice.choice(ROLE_NAMES),
        START: start,
        SHARE: dice.choice(SHARES),
        HOURS: dice.choice((4, 8, 10, 20, 37.5, 40)),
        SALARY: dice.randrange(60, 350) * 1000,
        DONE: end < last_day,
    }
    if not is_open:
        row[END] = end
    note = dice.choice(NOTES)
    if note:
        row[NOTE] = note
    tags = tuple(dice.sample(TAG_NAMES, dice.choice((0, 0, 0, 1, 1, 2))))
    if tags:
        row[TAGS] = tags
    return row


def dirtied(rows: list[Cells], dice: random.Random) -> list[Cells]:
    """The rows with their dirt: some spoiled in place, some copied, some emptied."""
    for spoil, share in SPOILS:
        for place in dice.sample(range(len(rows)), int(len(rows) * share)):
            spoil(rows[place], dice)
    for place in dice.sample(range(len(rows)), int(len(rows) * 0.04)):
        # A row copied downwards with everything in it, the key text as well.
        source = rows[dice.randrange(len(rows))]
        rows[place] = dict(source) | ({NOTE: "копия"} if dice.random() < 0.3 else {})
    for place in dice.sample(range(len(rows)), int(len(rows) * 0.01)):
        rows[place] = {PERSON: rows[place].get(PERSON, "")}
    for place in dice.sample(range(len(rows)), int(len(rows) * 0.005)):
        rows[place] = {}
    return rows


def as_versions(rows: Sequence[Cells], now: datetime, dice: random.Random) -> dict[str, RowVersion]:
    """Row versions with ids and times: made about the start date, edited some time after."""
    versions: dict[str, RowVersion] = {}
    made_at = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 8, 0, tzinfo=UTC)
    step = (now - timedelta(hours=1) - made_at) / max(len(rows), 1)
    for number, cells in enumerate(rows):
        row_id = f"i-{_id_text(dice)}"
        made_at += step
        updated_at = min(made_at + timedelta(minutes=int(dice.expovariate(1 / 20000))), now)
        position = float(number) if dice.random() > 0.02 else dice.random() * len(rows)
        filled = {column: cell for column, cell in cells.items() if cell != ""}
        versions[row_id] = RowVersion(row_id, made_at, updated_at, number, position, filled)
    return versions


def _id_text(dice: random.Random) -> str:
    return f"{dice.getrandbits(60):015x}"[:10]


def _no_email(row: Cells, _dice: random.Random) -> None:
    person = row.get(PERSON)
    if isinstance(person, Person):
        row[PERSON] = replace(person, email=None)


def _misspelt(row: Cells, dice: random.Random) -> None:
    person = row.get(PERSON)
    if isinstance(person, Person):
        change = dice.choice((_without_yo, str.upper, str.lower, _with_spaces))
        row[PERSON] = Person(change(person.name), person.email if dice.random() < 0.5 else None)


def _without_yo(text: str) -> str:
    return text.replace("ё", "е").replace("Ё", "Е")


def _with_spaces(text: str) -> str:
    return text.replace(" ", "  ", 1) + " "


def _typed_person(row: Cells, _dice: random.Random) -> None:
    person = row.get(PERSON)
    if isinstance(person, Person):
        row[PERSON] = person.name


def _typed_project(row: Cells, dice: random.Random) -> None:
    row[PROJECT] = dice.choice(("Обучение", "обучение (старое)", "Склад", "  Хакатон 🚀"))


def _text_hours(row: Cells, dice: random.Random) -> None:
    row[HOURS] = dice.choice(ODD_HOURS)


def _odd_role(row: Cells, dice: random.Random) -> None:
    row[ROLE] = dice.choice(("аналитик", "Аналитик ", "Тимлид", "PM 🙂", "Дизайнер, арт-директор"))


def _blank_field(row: Cells, dice: random.Random) -> None:
    row.pop(dice.choice((PERSON, PROJECT, ROLE, START)), None)


def _end_before_start(row: Cells, _dice: random.Random) -> None:
    start = row.get(START)
    if isinstance(start, date):
        row[END] = start - timedelta(days=3)


def _text_date(row: Cells, dice: random.Random) -> None:
    row[END] = dice.choice(("до конца года", "бессрочно"))


def _styled_note(row: Cells, _dice: random.Random) -> None:
    row[NOTE] = Styled("**Важно:** согласовать до пятницы")


def _old_key(row: Cells, dice: random.Random) -> None:
    row[SYNC_ID] = str(uuid.UUID(int=dice.getrandbits(128), version=4))


Spoil = Callable[[Cells, random.Random], None]
SPOILS: tuple[tuple[Spoil, float], ...] = (
    (_old_key, 0.02),
    (_no_email, 0.03),
    (_misspelt, 0.02),
    (_typed_person, 0.005),
    (_typed_project, 0.005),
    (_text_hours, 0.02),
    (_odd_role, 0.01),
    (_blank_field, 0.01),
    (_end_before_start, 0.002),
    (_text_date, 0.003),
    (_styled_note, 0.005),
)
