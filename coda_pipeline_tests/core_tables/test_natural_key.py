"""A second live participation with one key is refused, and the refusal says which one is in the way."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from coda_pipeline.warehouse.core.key import configured_key, drop_natural_key, ensure_natural_key


def test_the_second_insert_of_one_key_is_refused_with_the_id_of_the_first(application):
    first = application.insert()

    with pytest.raises(errors.ExclusionViolation, match="such a participation already") as refused:
        application.insert(person_name="Другое имя", role=" АНАЛИТИК ", comment="второй")
    assert refused.value.diag.message_detail == f"It is participation {first}."
    assert application.count() == 1


def test_the_refusal_comes_at_the_insert_not_at_the_commit(application):
    application.insert()

    with (
        application.conn.transaction(),
        pytest.raises(errors.ExclusionViolation),
        application.conn.transaction(),
    ):
        application.insert()


def test_one_insert_of_two_equal_rows_is_refused(application):
    with pytest.raises(errors.ExclusionViolation):
        application.execute("""
            insert into core.participation (person_name, activity, role, started_on)
            values ('Анна', 'Обучение', 'аналитик', '2024-03-01'),
                   ('АННА', 'обучение', 'Аналитик', '2024-03-01')""")


def test_no_refusal_quotes_a_person(application):
    application.insert()

    with pytest.raises(errors.ExclusionViolation) as refused:
        application.insert()
    diag = refused.value.diag
    said = " ".join(
        filter(None, [diag.message_primary, diag.message_detail, diag.message_hint, diag.context])
    )
    assert "nna" not in said
    assert "нна" not in said


def test_namesakes_with_different_e_mails_are_two(application):
    application.insert()
    application.insert(person_email="anna2@example.org")

    assert application.count() == 2


def test_activities_of_one_name_and_different_rows_are_two(application):
    application.insert()
    application.insert(activity_row_id="i-training-2")

    assert application.count() == 2


def test_two_participations_may_swap_their_keys_in_one_transaction(application):
    analyst, manager = application.insert(), application.insert(role="менеджер")
    with application.conn.transaction():
        application.update(analyst, role="менеджер")
        application.update(manager, role="аналитик")

    assert application.row(analyst).role == "менеджер"
    assert application.row(manager).role == "аналитик"


def test_an_update_into_a_taken_key_is_refused_at_the_end_of_the_transaction(application):
    analyst, manager = application.insert(), application.insert(role="менеджер")

    with pytest.raises(errors.ExclusionViolation) as refused:
        application.update(manager, role="аналитик")
    assert refused.value.diag.message_detail == f"It is participation {analyst}."
    assert application.row(manager).role == "менеджер"


def test_of_two_who_enter_the_same_at_once_the_later_is_refused(application, second_application):
    with ThreadPoolExecutor(max_workers=1) as pool:
        with second_application.conn.transaction():
            first = second_application.insert()
            late = pool.submit(application.insert)
            # It cannot know yet whether the first one stays.
            assert not late.done()
        with pytest.raises(errors.ExclusionViolation):
            late.result(timeout=60)
    assert application.count() == 1
    assert application.row(first) is not None


def test_a_merged_participation_does_not_hold_its_key(application, engine):
    first, second = application.insert(), application.insert(role="менеджер")
    with engine.begin() as conn:
        conn.execute(text("set local coda_pipeline.run_id = 'r'"))
        merge = (
            "update core.participation_all set merged_into = :into, role = 'аналитик'"
            " where participation_id = :id"
        )
        conn.execute(text(merge), {"into": first, "id": second})

    assert application.count() == 1
    application.insert(role="менеджер")


def test_a_changed_key_is_kept_from_then_on(application, engine):
    application.insert()
    with engine.begin() as conn:
        assert ensure_natural_key(conn, ("person", "activity"))
        assert configured_key(conn) == ("person", "activity")
        assert not ensure_natural_key(conn, ("person", "activity"))

    with pytest.raises(errors.ExclusionViolation):
        application.insert(role="менеджер", started_on=None)
    application.insert(activity_row_id="i-other", role=None, started_on=None)


def test_every_field_can_be_part_of_the_key(application, engine):
    every = ("person", "activity", "role", "started_on", "ended_on", "share", "comment")
    with engine.begin() as conn:
        ensure_natural_key(conn, every)
    whole = {"ended_on": "2024-12-31", "share": "0.50", "comment": "Да"}
    application.insert(**whole)

    with pytest.raises(errors.ExclusionViolation):
        application.insert(**whole | {"share": "0.5", "comment": "да "})
    application.insert(**whole | {"share": "0.51"})


def test_a_key_that_live_participations_already_share_cannot_be_made(application, engine):
    application.insert()
    application.insert(role="менеджер")

    with pytest.raises(IntegrityError), engine.begin() as conn:
        ensure_natural_key(conn, ("person", "activity"))
    with engine.connect() as conn:
        assert configured_key(conn) == ("person", "activity", "role", "started_on")


def test_the_sync_may_take_the_constraint_away_resolve_and_put_it_back(application, engine):
    first, second = application.insert(), application.insert(role="менеджер")
    with engine.begin() as conn:
        drop_natural_key(conn)
        conn.execute(text("set local coda_pipeline.run_id = 'r'"))
        merge = "update core.participation_all set merged_into = :into where participation_id = :id"
        conn.execute(text(merge), {"into": first, "id": second})
        assert ensure_natural_key(conn, ("person", "activity"))

    assert application.count() == 1


def test_the_key_does_not_depend_on_the_settings_of_the_session(database):
    query = """
        select core.natural_key('Анна', null, 'Обучение', null, 'аналитик',
                                date '2024-03-04', null, 0.50, null)"""
    with psycopg.connect(database) as conn:
        plain = conn.execute(query).fetchone()
        conn.execute("set datestyle = 'German, DMY'")
        conn.execute("set time zone 'Asia/Vladivostok'")
        assert conn.execute(query).fetchone() == plain
