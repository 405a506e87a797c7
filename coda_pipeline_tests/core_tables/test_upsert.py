"""The application upserts on its own key, `external_id`, through the view."""

from decimal import Decimal

import pytest
from psycopg import errors
from sqlalchemy import text

UPSERT = """
    insert into core.participation (external_id, person_name, person_email, activity, role, started_on, share)
    values (%s, 'Анна Петрова', 'anna@example.org', 'Обучение', %s, '2024-03-01', %s)
    on conflict (external_id) do update
       set person_name = excluded.person_name, person_email = excluded.person_email, role = excluded.role,
           share = excluded.share
    returning participation_id
"""


def upsert(application, key="app-1", role="аналитик", share="0.5"):
    return application.execute(UPSERT, key, role, share).fetchone().participation_id


def test_the_first_upsert_inserts_and_the_second_updates(application):
    made = upsert(application)

    assert upsert(application, share="0.8") == made
    assert (application.row(made).share, application.row(made).version) == (Decimal("0.8"), 2)
    assert application.row(made).person_email == "anna@example.org"


def test_a_repeated_upsert_changes_nothing(application):
    made = upsert(application)
    upsert(application)

    assert application.row(made).version == 1


def test_an_upsert_of_a_deleted_one_revives_it_without_its_row_in_coda(application, engine):
    made = upsert(application)
    with engine.begin() as conn:
        conn.execute(text("set local coda_pipeline.run_id = 'r'"))
        conn.execute(
            text("update core.participation_all set coda_row_id = 'i-1', source_table = 't', source = 'coda'")
        )
    application.delete(made)

    assert upsert(application, share="0.9") == made
    revived = application.row(made)
    assert (revived.coda_row_id, revived.source_table, revived.source) == (None, None, "warehouse")
    assert revived.share == Decimal("0.9")


def test_an_upsert_of_a_merged_one_is_refused_with_the_id_of_its_survivor(application, engine):
    survivor, merged = application.insert(), upsert(application, role="менеджер")
    with engine.begin() as conn:
        conn.execute(text("set local coda_pipeline.run_id = 'r'"))
        merge = "update core.participation_all set merged_into = :into where participation_id = :id"
        conn.execute(text(merge), {"into": survivor, "id": merged})

    with pytest.raises(errors.ObjectNotInPrerequisiteState, match="merged into another") as refused:
        upsert(application, role="менеджер", share="0.1")
    assert refused.value.diag.message_detail == f"It is now participation {survivor}."


def test_an_upsert_cannot_take_the_key_of_another(application):
    first = upsert(application)

    with pytest.raises(errors.ExclusionViolation) as refused:
        upsert(application, key="app-2")
    assert refused.value.diag.message_detail == f"It is participation {first}."


def test_a_revived_one_cannot_take_a_key_that_was_given_away(application):
    made = upsert(application)
    application.delete(made)
    other = application.insert(activity_row_id=None)

    with pytest.raises(errors.ExclusionViolation) as refused:
        upsert(application)
    assert refused.value.diag.message_detail == f"It is participation {other}."


def test_two_with_one_external_id_are_refused(application):
    upsert(application)

    with pytest.raises(errors.UniqueViolation):
        application.insert(external_id="app-1", role="менеджер")


@pytest.mark.parametrize("key", ["", "x" * 501])
def test_an_external_id_that_cannot_be_one_is_refused(application, key):
    with pytest.raises(errors.CheckViolation):
        application.insert(external_id=key)
