"""The HR doc: believable, dirty as promised, the same for the same seed, and nobody's real data."""

import re
from collections import Counter
from datetime import date

import pytest

from coda_pipeline.sandbox.cells import Person, RowRef, Styled
from coda_pipeline.sandbox.demo_doc import DocContent, demo_content
from coda_pipeline.sandbox.document import RowVersion
from coda_pipeline.sandbox.schema import (
    EMAIL,
    END,
    FULL_NAME,
    HOURS,
    NOTE,
    PARTICIPATION,
    PEOPLE,
    PERSON,
    PROJECT,
    PROJECTS,
    ROLE,
    START,
    SYNC_ID,
    TITLE,
)

MONTH = date(2026, 9, 1)


@pytest.fixture(scope="module")
def content() -> DocContent:
    return demo_content("demo", 4000, 2023, MONTH)


@pytest.fixture(scope="module")
def rows(content: DocContent) -> list[RowVersion]:
    return list(content.rows[PARTICIPATION].values())


def test_it_has_as_many_rows_as_asked() -> None:
    for count in (0, 1, 30, 500):
        assert len(demo_content("demo", count, 2023, MONTH).rows.get(PARTICIPATION, {})) == count


def test_a_seed_gives_the_same_doc_always(content: DocContent) -> None:
    demo_content.cache_clear()
    again = demo_content("demo", 4000, 2023, MONTH)
    assert again is not content
    assert again == content
    assert demo_content("demo", 4000, 7, MONTH) != content


def test_it_reaches_from_2023_to_now(rows: list[RowVersion]) -> None:
    starts = [cell for row in rows if isinstance(cell := row.values.get(START), date)]
    assert {start.year for start in starts} == {2023, 2024, 2025, 2026}
    assert max(starts) <= MONTH
    assert all(row.created_at <= row.updated_at for row in rows)
    assert max(row.updated_at for row in rows).date() <= MONTH


def test_rows_were_copied_with_their_key_text(rows: list[RowVersion]) -> None:
    keys = Counter(
        tuple(row.values.get(column) for column in (PERSON, PROJECT, ROLE, START))
        for row in rows
        if {PERSON, PROJECT, ROLE, START} <= row.values.keys()
    )
    assert sum(count - 1 for count in keys.values()) > 50
    texts = Counter(row.values[SYNC_ID] for row in rows if SYNC_ID in row.values)
    assert max(texts.values()) > 1


def test_rows_are_half_filled_and_empty(rows: list[RowVersion]) -> None:
    assert any(not row.values for row in rows)
    assert any(row.values.keys() == {PERSON} for row in rows)


def test_there_are_namesakes_and_people_with_and_without_an_address(rows: list[RowVersion]) -> None:
    people = {cell for row in rows if isinstance(cell := row.values.get(PERSON), Person)}
    with_address = Counter(person.name for person in people if person.email)
    assert max(with_address.values()) > 1
    assert any(not person.email and with_address[person.name] == 1 for person in people)
    assert any(not person.email and with_address[person.name] > 1 for person in people)


def test_names_are_spelt_as_hands_spell_them(rows: list[RowVersion]) -> None:
    names = {cell.name for row in rows if isinstance(cell := row.values.get(PERSON), Person)}
    assert any(name.endswith(" ") for name in names)
    assert any(name.isupper() for name in names)
    assert any("ё" in name and name.replace("ё", "е") in names for name in names)


def test_cells_hold_what_their_column_does_not_expect(rows: list[RowVersion]) -> None:
    assert any(isinstance(row.values.get(HOURS), str) for row in rows)
    assert any(isinstance(row.values.get(END), str) for row in rows)
    assert any(isinstance(row.values.get(PROJECT), str) for row in rows)
    assert any(isinstance(row.values.get(PERSON), str) for row in rows)
    assert any(isinstance(row.values.get(NOTE), Styled) for row in rows)
    assert any("\n" in str(row.values.get(NOTE, "")) for row in rows)


def test_titles_have_commas_quotes_and_pictures_and_two_are_alike(
    content: DocContent, rows: list[RowVersion]
) -> None:
    titles = [str(row.values[TITLE]) for row in content.rows[PROJECTS].values()]
    for sign in (",", "«", '"', "🚀"):
        assert any(sign in title for title in titles)
    same = {row.id for row in content.rows[PROJECTS].values() if row.values[TITLE] == "Обучение"}
    assert len(same) == 2
    used = {cell.row_id for row in rows if isinstance(cell := row.values.get(PROJECT), RowRef)}
    assert same <= used


def test_every_address_is_an_example(content: DocContent, rows: list[RowVersion]) -> None:
    addresses = {
        cell.email for row in rows if isinstance(cell := row.values.get(PERSON), Person) and cell.email
    }
    addresses |= {str(row.values[EMAIL]) for row in content.rows[PEOPLE].values() if EMAIL in row.values}
    assert len(addresses) > 100
    assert all(re.fullmatch(r"[a-z.0-9]+@example\.(com|org)", address) for address in addresses)
    assert any(EMAIL not in row.values for row in content.rows[PEOPLE].values() if FULL_NAME in row.values)
