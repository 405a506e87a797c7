"""A first configuration: names, guesses, and text that always loads."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from coda_pipeline.catalog import Catalog, parse_catalog
from coda_pipeline.coda.models import Column, Doc, Table
from coda_pipeline.commands.discovery import FoundDoc, FoundTable, configuration, table_name
from coda_pipeline.commands.likeness import is_participation, is_sensitive, participation_fields


def column(name: str, kind: str = "text", column_id: str | None = None, **more: bool) -> Column:
    return Column(id=column_id or f"c-{name}", name=name, type=kind, is_array=False, **more)


def found(title: str, *columns: Column, table_id: str = "grid-1") -> FoundTable:
    return FoundTable(Table(table_id, title, "table", "https://coda.io/x", 3), columns)


def doc(*tables: FoundTable, doc_id: str = "Doc1", name: str = "Кадры") -> FoundDoc:
    return FoundDoc(Doc(doc_id, name, "https://coda.io/d"), tables)


def loaded(*docs: FoundDoc) -> Catalog:
    return parse_catalog(yaml.safe_load(configuration(docs)), source="test")


UCHASTIE = (
    column("Сотрудник", "person"),
    column("Проект", "lookup"),
    column("Роль", "select"),
    column("Дата начала", "date"),
    column("Дата окончания", "date"),
    column("Оклад", "currency"),
)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Участие", "uchastie"),
        ("Сотрудники (все)", "sotrudniki_vse"),
        ("Щётки & Объекты", "shchetki_obekty"),
        ("2024 год", "2024_god"),
        ("🙂", "table"),
        ("People", "people"),
    ],
)
def test_a_table_is_named_by_its_title_in_latin_letters(title: str, name: str):
    assert table_name(title, []) == name


def test_two_tables_of_one_title_get_two_names():
    catalog = loaded(doc(found("Роли", table_id="grid-1"), found("роли", table_id="grid-2")))
    assert [spec.name for spec in catalog.tables] == ["roli", "roli_2"]


@pytest.mark.parametrize(
    "name",
    [
        "Оклад",
        "Зарплата, руб.",
        "Телефон",
        "Паспорт",
        "СНИЛС",
        "ИНН",
        "Адрес",
        "Дата рождения",
        "Salary",
        "Birth date",
    ],
)
def test_what_sounds_private_is_left_out(name: str):
    catalog = loaded(doc(found("Люди", column("ФИО"), column(name, column_id="c-private"))))
    assert catalog.tables[0].excluded == {"c-private"}


@pytest.mark.parametrize(
    "name", ["Проект", "Роль", "Длинное имя", "Винная карта мира", "Дата начала", "Комментарий"]
)
def test_ordinary_columns_are_kept(name: str):
    assert not is_sensitive(column(name))


def test_an_email_is_kept_since_it_says_who_a_person_is():
    assert not is_sensitive(column("Адрес почты", "email"))


def test_a_table_that_looks_like_uchastie_is_mapped():
    catalog = loaded(
        doc(found("Роли", column("Название")), found("Загрузка людей", *UCHASTIE, table_id="grid-2"))
    )
    assert catalog.participation is not None
    (source,) = catalog.participation.sources
    assert source.table == "zagruzka_lyudey"
    assert source.fields.mapped == {
        "person": "c-Сотрудник",
        "activity": "c-Проект",
        "role": "c-Роль",
        "started_on": "c-Дата начала",
        "ended_on": "c-Дата окончания",
    }
    assert catalog.participation.natural_key == ("person", "activity", "role", "started_on")


def test_the_natural_key_is_what_all_sources_have():
    short = (column("Участник", "person"), column("Мероприятие", "lookup"))
    catalog = loaded(doc(found("Участие", *UCHASTIE)), doc(found("Участие", *short), doc_id="Doc2"))
    assert catalog.participation is not None
    assert [source.table for source in catalog.participation.sources] == ["uchastie", "uchastie_2"]
    assert catalog.participation.natural_key == ("person", "activity")


def test_where_nothing_looks_like_uchastie_the_file_shows_how_to_map_it():
    text = configuration([doc(found("Роли", column("Название")))])
    assert "# participation:" in text
    assert parse_catalog(yaml.safe_load(text), source="test").participation is None


def test_a_person_column_is_preferred_to_a_text_of_the_same_meaning():
    fields = participation_fields(
        [column("Сотрудник (текстом)"), column("Кто: сотрудник", "person"), column("Проект", "lookup")]
    )
    assert fields["person"] == "c-Кто: сотрудник"


def test_a_table_of_people_is_not_taken_for_uchastie():
    assert not is_participation("Сотрудники", [column("ФИО"), column("Отдел"), column("E-mail", "email")])


def test_a_doc_without_tables_is_mentioned_and_does_not_stop_the_others():
    catalog = loaded(doc(doc_id="Empty"), doc(found("Роли"), doc_id="Doc2"))
    assert [entry.id for entry in catalog.coda.docs] == ["Doc2"]


names = st.text(max_size=80)
kinds = st.sampled_from(["text", "person", "lookup", "select", "date", "percent", "currency", "email"])


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(names, st.lists(st.tuples(names, kinds), max_size=6), names),
        min_size=1,
        max_size=5,
        unique_by=lambda table: table[2],
    ),
    names,
)
def test_whatever_tables_and_columns_are_called_the_file_loads(
    tables: list[tuple[str, list[tuple[str, str]], str]], doc_name: str
):
    docs = [
        doc(
            *(
                found(
                    title,
                    *(column(name, kind, f"c-{n}-{name}") for n, (name, kind) in enumerate(columns)),
                    table_id=f"grid-{table_id}",
                )
                for title, columns, table_id in tables
            ),
            name=doc_name,
        )
    ]
    catalog = loaded(*docs)
    assert [spec.table_id for spec in catalog.tables] == [one.table.id for one in docs[0].tables]
