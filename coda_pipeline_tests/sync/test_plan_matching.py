"""People, relations and options: one match is sent as Coda needs it, none or several are not."""

from typing import Any

import pytest

from coda_pipeline.coda.writes import CellInput
from coda_pipeline.sync.model import Activity, Person
from coda_pipeline.sync.plan_cells import Sending
from coda_pipeline.sync.plan_inputs import Column, Directory
from coda_pipeline.sync.plan_matching import Matching
from coda_pipeline_tests.sync.planned import COLUMNS, DIRECTORY, ROLES

PEOPLE = {"i-1": "анна белова", "i-2": "иванов иван", "i-3": "иванов иван"}
MATCHING = Matching(Directory(DIRECTORY.emails, DIRECTORY.names, {**DIRECTORY.rows, "grid-people": PEOPLE}))
PERSON, TEXT = COLUMNS["c-person"], Column("c-person", "Сотрудник", "text")
RELATED = Column("c-person", "Сотрудник", "lookup", target_table_id="grid-people")


def cell_of(sending: Any) -> CellInput | str:
    """What would be sent, or the code of the reason why it waits."""
    return sending.cell if isinstance(sending, Sending) else str(sending.code.value)


@pytest.mark.parametrize(
    ("person", "cell"),
    [
        (Person("Кто угодно", "Anna@Example.com"), "Anna@Example.com"),
        (Person("Анна  БЕЛОВА"), "anna@example.com"),
        (Person("Борис Седов"), "boris@example.com"),
        (Person("Новичок"), "Новичок"),
        (Person("Анна Белова", "other@example.com"), "person_unknown"),
        (Person("Никто"), "person_unknown"),
        (Person("Иванов Иван"), "person_several"),
        (Person("Иванов Иван", "ivan2@example.com"), "ivan2@example.com"),
    ],
)
def test_a_person_column_gets_the_email(person: Person, cell: str):
    assert cell_of(MATCHING.person("person", person, PERSON)) == cell


@pytest.mark.parametrize(
    ("person", "cell"),
    [
        (Person("Анна Белова", "anna@example.com"), "Анна Белова"),
        (Person(None, "anna@example.com"), "anna@example.com"),
        (Person("Кто угодно"), "Кто угодно"),
        (Person("Анна Белова", "other@example.com"), "other@example.com"),
        (Person("Иванов Иван", "ivan1@example.com"), "ivan1@example.com"),
    ],
)
def test_a_text_column_gets_the_name_unless_it_would_be_read_as_somebody_else(person: Person, cell: str):
    assert cell_of(MATCHING.person("person", person, TEXT)) == cell


@pytest.mark.parametrize(
    ("person", "cell"),
    [
        (Person("Анна Белова", "x@example.com"), "i-1"),
        (Person("Никто"), "person_unknown"),
        (Person("Иванов Иван"), "person_several"),
    ],
)
def test_a_relation_to_people_gets_the_row(person: Person, cell: str):
    assert cell_of(MATCHING.person("person", person, RELATED)) == cell


@pytest.mark.parametrize(
    ("activity", "cell"),
    [
        (Activity("Как угодно", "p1"), "p1"),
        (Activity("аудит"), "p2"),
        (Activity("Обучение", "p9"), "relation_unknown"),
        (Activity("Нет такого"), "relation_unknown"),
        (Activity("Стройка"), "relation_several"),
        (Activity("Стройка", "p4"), "p4"),
    ],
)
def test_a_relation_gets_the_row_id(activity: Activity, cell: str):
    assert cell_of(MATCHING.activity("activity", activity, COLUMNS["c-activity"])) == cell


def test_a_relation_that_does_not_tell_its_table_may_lead_to_any_row_that_is_known():
    column = Column("c-activity", "Проект", "lookup")
    assert cell_of(MATCHING.activity("activity", Activity("Обучение", "p1"), column)) == "p1"
    assert cell_of(MATCHING.activity("activity", Activity("Анна Белова"), column)) == "i-1"
    assert cell_of(MATCHING.activity("activity", Activity("Стройка"), column)) == "relation_several"


def test_an_activity_in_a_text_column_is_its_name():
    column = Column("c-activity", "Проект", "text")
    assert cell_of(MATCHING.activity("activity", Activity("Обучение", "p1"), column)) == "Обучение"
    assert cell_of(MATCHING.activity("activity", Activity(None, "p1"), column)) == "relation_unknown"


def role(**facts: Any) -> Column:
    return Column("c-role", "Роль", **{"type": "select", "options": ROLES, **facts})


@pytest.mark.parametrize(
    ("text", "column", "cell"),
    [
        ("Аналитик", role(), "Аналитик"),
        ("  аналитик", role(), "Аналитик"),
        ("Дирижёр", role(), "option_unknown"),
        ("Дирижёр", role(options=None), "Дирижёр"),
        ("МЕНЕДЖЕР", role(options=("Менеджер", "менеджер")), "option_unknown"),
        ("менеджер", role(options=("Менеджер", "менеджер")), "менеджер"),
        ("Ведущий, приглашённый", role(is_array=True), ["Ведущий, приглашённый"]),
        ("аналитик, Менеджер", role(is_array=True), ["Аналитик", "Менеджер"]),
        ("аналитик, Дирижёр", role(is_array=True), "option_unknown"),
        ("аналитик, Менеджер", role(), "option_unknown"),
        ("обучение", role(type="lookup", target_table_id="grid-projects"), "p1"),
        ("стройка", role(type="lookup", target_table_id="grid-projects"), "relation_several"),
        ("обучение", role(type="lookup", target_table_id="grid-unread"), "relation_unknown"),
        ("как есть", role(type="text"), "как есть"),
        ("как есть", role(type="a type of tomorrow"), "как есть"),
    ],
)
def test_a_text_is_an_option_a_related_row_or_itself(text: str, column: Column, cell: CellInput):
    assert cell_of(MATCHING.text("role", text, column)) == cell


def test_lists_are_sent_to_columns_that_hold_lists():
    column = Column("c-person", "Сотрудники", "person", is_array=True)
    assert cell_of(MATCHING.person("person", Person("Анна Белова"), column)) == ["anna@example.com"]
    column = Column("c-activity", "Проекты", "lookup", is_array=True, target_table_id="grid-projects")
    assert cell_of(MATCHING.activity("activity", Activity("Аудит"), column)) == ["p2"]
