"""What the application may rely on when it writes `core.participation`."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text

KEPT = {
    "version": 7,
    "source": "coda",
    "source_table": "participation",
    "coda_row_id": "i-1",
    "created_at": "2020-01-01",
}


def test_an_insert_needs_only_the_natural_key(application):
    made = application.row(application.insert())

    assert (made.version, made.source, made.year) == (1, "warehouse", 2024)
    assert made.started_on == date(2024, 3, 1)
    assert made.created_at == made.updated_at
    assert (made.coda_row_id, made.source_table, made.external_id) == (None, None, None)


def test_a_person_may_be_given_by_name_or_by_e_mail_alone(application):
    application.insert(person_email=None)
    application.insert(person_name=None)

    assert application.count() == 2


@pytest.mark.parametrize(
    ("blank", "named"),
    [
        ({"person_name": None, "person_email": " "}, "person_name or person_email"),
        ({"activity": "", "activity_row_id": None}, "activity"),
        ({"role": " \u00a0"}, "role"),
        ({"started_on": None}, "started_on"),
    ],
)
def test_an_insert_without_a_field_of_the_key_says_which_is_missing(application, blank, named):
    with pytest.raises(errors.NotNullViolation, match=f"{named} is missing") as refused:
        application.insert(**blank)

    assert refused.value.diag.message_hint == "A participation needs: person, activity, role, started_on."
    assert application.count() == 0


def test_an_update_cannot_blank_a_field_of_the_key(application):
    made = application.insert()

    with pytest.raises(errors.NotNullViolation, match="role is missing"):
        application.update(made, role=" ")


def test_every_change_makes_a_new_version_and_a_repeated_value_none(application):
    made = application.insert()
    application.update(made, comment="первый")
    first = application.row(made)
    application.update(made, comment="первый")
    second = application.row(made)

    assert first.version == 2
    assert first.updated_at > first.created_at
    assert second == first


def test_two_writers_with_one_version_cannot_both_win(application, second_application):
    made = application.insert()
    guarded = "update core.participation set share = %s where participation_id = %s and version = %s"

    assert application.execute(guarded, "0.5", made, 1).rowcount == 1
    assert second_application.execute(guarded, "0.8", made, 1).rowcount == 0
    assert application.row(made).share == Decimal("0.5")


@pytest.mark.parametrize(("column", "value"), KEPT.items())
def test_columns_that_the_database_keeps_cannot_be_written(application, column, value):
    made = application.insert()

    with pytest.raises(errors.GeneratedAlways, match=f"cannot write {column}"):
        application.update(made, **{column: value})
    with pytest.raises(errors.GeneratedAlways, match=f"cannot write {column}"):
        application.insert(role="другая", **{column: value})
    assert application.row(made).version == 1


def test_an_id_never_changes(application):
    made = application.insert()

    with pytest.raises(errors.GeneratedAlways, match="cannot write participation_id"):
        application.execute("update core.participation set participation_id = gen_random_uuid()")
    assert application.row(made).version == 1


def test_the_time_of_the_last_change_is_the_databases(application):
    made = application.insert(updated_at="1999-01-01")
    application.update(made, comment="новый", updated_at="1999-01-01")

    assert application.row(made).updated_at.year > 2000


@pytest.mark.parametrize("share", ["1.5", "-0.1", "NaN"])
def test_a_share_is_a_part_of_one(application, share):
    with pytest.raises(errors.CheckViolation, match="0 to 1"):
        application.insert(share=share)


@pytest.mark.parametrize("day", ["infinity", "0044-03-15 BC", "10000-01-01"])
@pytest.mark.parametrize("column", ["started_on", "ended_on"])
def test_a_day_that_no_calendar_program_can_hold_is_refused(application, column, day):
    with pytest.raises(errors.DatetimeFieldOverflow, match=column):
        application.insert(**{column: day})


def test_deleting_leaves_a_tombstone_and_reports_one_row(application, engine):
    made = application.insert()

    assert application.delete(made) == 1
    assert application.delete(made) == 0
    assert application.count() == 0
    with engine.connect() as conn:
        kept = conn.execute(text("select * from core.participation_all")).one()
    assert kept.deleted_at is not None
    assert (kept.deleted_by, kept.version) == ("warehouse", 2)


def test_a_delete_can_return_what_it_deleted(application):
    made = application.insert()

    gone = application.execute("delete from core.participation returning participation_id, role").fetchall()

    assert gone == [(made, "аналитик")]


def test_what_was_deleted_can_be_entered_again_as_a_new_one(application):
    first = application.insert()
    application.delete(first)

    assert application.insert() != first


def test_deleting_from_the_table_itself_leaves_a_tombstone_too(application, database):
    application.insert()
    with psycopg.connect(database) as owner:
        owner.execute("delete from core.participation_all")
        kept = owner.execute("select deleted_by from core.participation_all").fetchall()

    assert kept == [("warehouse",)]


def test_the_table_is_never_emptied(application, database):
    application.insert()
    with (
        psycopg.connect(database) as owner,
        pytest.raises(errors.ObjectNotInPrerequisiteState, match="never emptied"),
    ):
        owner.execute("truncate core.participation_all")
    assert application.count() == 1


def test_the_application_reaches_nothing_but_the_view(application):
    for statement in (
        "update core.participation_all set role = 'x'",
        "delete from core.participation_all",
        "select * from sync.participation_state",
        "truncate core.participation_all",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            application.execute(statement)


def test_a_new_name_alone_clears_the_e_mail_that_was_the_old_persons(application):
    made = application.insert()
    application.update(made, person_name="Борис Иванов")

    assert application.row(made).person_email is None


def test_a_new_activity_alone_clears_the_row_of_the_old_one(application):
    made = application.insert()
    application.update(made, activity="Аттестация")

    assert application.row(made).activity_row_id is None


def test_another_spelling_of_the_same_keeps_e_mail_and_row(application):
    made = application.insert()
    application.update(made, person_name="АННА  петрова", activity=" обучение")

    kept = application.row(made)
    assert (kept.person_email, kept.activity_row_id) == ("anna@example.org", "i-training")


def test_a_new_name_with_the_same_e_mail_keeps_it(application):
    made = application.insert()
    application.update(made, person_name="Анна Сидорова", person_email="anna@example.org")
    application.update(made, activity="Обучение 2", activity_row_id="i-training")

    kept = application.row(made)
    assert (kept.person_email, kept.activity_row_id) == ("anna@example.org", "i-training")


def test_a_cleared_e_mail_stays_cleared(application):
    made = application.insert()
    application.update(made, person_email=None)
    application.update(made, person_name="Борис Иванов", person_email=None)

    assert application.row(made).person_email is None


def test_names_of_forty_kilobytes_are_stored_compared_and_found(application):
    long_name = "Длинное имя " * 3400
    made = application.insert(
        person_name=long_name, person_email=None, activity=long_name, activity_row_id=None
    )

    assert application.row(made).person_name == long_name
    with pytest.raises(errors.ExclusionViolation):
        application.insert(
            person_name=long_name.upper(), person_email=None, activity=long_name, activity_row_id=None
        )


def test_the_tools_of_a_restored_database_work_without_a_search_path(application, database):
    application.insert()
    with psycopg.connect(database, options="-c search_path=") as owner:
        owner.execute("update core.participation set comment = 'x'")
        owner.execute("reindex table core.participation_all")
        owner.execute("analyze core.participation_all")
        assert owner.execute("select comment from core.participation").fetchall() == [("x",)]
