import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.warehouse.view_names import MAX_NAME_BYTES, free_stem, plain_name, readings

RESERVED = frozenset({"select", "user", "order"})
NAMES = st.text(max_size=80) | st.sampled_from(
    ["", "select", "Дата начала", "1", "́а", "а" * 90, "🙂" * 40, "_"]
)


@pytest.mark.parametrize(
    ("in_coda", "in_sql"),
    [
        ("Сотрудник", "сотрудник"),
        ("Дата начала", "дата_начала"),
        ("  E-mail (рабочий) ", "e_mail_рабочий"),
        ("Ёлка\u00a0и ёж", "ёлка_и_ёж"),
        ("Доля, %", "доля"),
        ("User", "user_"),
        ("2024 год", "_2024_год"),
        ("", "unnamed"),
        ("👍", "unnamed"),
        ("й" * 40, "й" * 31),
        ("и\u0306", "й"),
    ],
)
def test_names_in_sql_are_the_names_in_coda(in_coda: str, in_sql: str) -> None:
    assert plain_name(in_coda, RESERVED) == in_sql


@given(NAMES)
def test_every_name_can_be_written_without_quotes(in_coda: str) -> None:
    name = plain_name(in_coda, RESERVED)
    assert 0 < len(name.encode()) <= MAX_NAME_BYTES
    assert name not in RESERVED
    assert name == name.lower() or any(unicodedata.category(c) == "Lt" for c in name)
    assert not name[0].isdigit() or not name[0].isascii()
    # What PostgreSQL's scanner takes for one word: ASCII letters, digits, `_`, and every byte above ASCII.
    assert all(c == "_" or (c.isascii() and c.isalnum()) or not c.isascii() for c in name)


@given(st.lists(NAMES, max_size=30), st.sampled_from([("",), ("", "_row_id"), ("_email",)]))
def test_stems_never_collide_and_always_fit(names: list[str], suffixes: tuple[str, ...]) -> None:
    taken: set[str] = set()
    for in_coda in names:
        stem = free_stem(plain_name(in_coda, RESERVED), suffixes, taken)
        new = {stem + suffix for suffix in suffixes}
        assert not new & taken
        assert all(0 < len(name.encode()) <= MAX_NAME_BYTES for name in new)
        taken |= new


@given(st.text(), st.booleans())
def test_a_type_that_nobody_knows_is_read_as_text(column_type: str, is_array: bool) -> None:
    assert readings(f"?{column_type}", is_array=is_array)[0].reads_as == ("text_list" if is_array else "text")
