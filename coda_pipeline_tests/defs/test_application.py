"""The application's API over a doc that was read: whom and what it knows, and where a row is in Coda."""

from collections.abc import Iterator
from itertools import product

import pytest
from sqlalchemy import Engine

from coda_pipeline_tests.defs.workshop import Workshop
from coda_pipeline_tests.gateway.serving import Caller, gateway_on, serving

PATH = "/v1/participation"


@pytest.fixture
def caller(workshop: Workshop, engine: Engine) -> Iterator[Caller]:
    """An application, after every table was read. One employee and one project take part in nothing yet."""
    workshop.sandbox.hr.add_employee('Новикова "Ёлка" Дарья', "Novikova.Darya@example.com")
    workshop.sandbox.hr.add_project("Сбор\\ёлок 🎄")
    workshop.sandbox.settle()
    assert workshop.run().success
    with serving(gateway_on(engine, workshop.settings.catalog())) as served:
        yield served.caller("read", "write")


def test_people_and_projects_are_known_from_every_table_that_was_read(caller: Caller) -> None:
    people = [{"person_email": "novikova.darya@EXAMPLE.com"}, {"person_name": 'новикова "елка"  дарья'}]
    activities = ["Сбор\\ёлок 🎄", "сбор\\елок 🎄"]
    for number, (person, activity) in enumerate(product(people, activities)):
        new = {**person, "activity": activity, "role": f"Наставник {number}", "started_on": "2026-06-01"}
        assert caller.post(PATH, new).status_code == 201, (person, activity)


def test_who_is_in_no_table_is_refused_at_once(caller: Caller) -> None:
    new = {
        "person_name": "Никто Никогда",
        "activity": "Сбор\\ёлок 🎄",
        "role": "x",
        "started_on": "2026-06-01",
    }
    refused = caller.post(PATH, new)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_person")
    refused = caller.post(PATH, {**new, "person_name": 'Новикова "Ёлка" Дарья', "activity": "%"})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_activity")


def test_records_link_to_their_rows_in_coda(caller: Caller) -> None:
    items = caller.get(PATH, limit=500).json()["items"]
    assert items
    for record in items:
        assert record["sync"]["state"] == "synced"
        assert record["sync"]["coda_url"].endswith(f"/_ru{record['coda_row_id']}")
