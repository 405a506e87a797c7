"""Who changed which field, when, from what to what, in which run: nothing that was written is missing."""

from uuid import UUID

from sqlalchemy import text

from coda_pipeline.sync.model import ParticipationUpdate, Resolution
from coda_pipeline.warehouse.core.history import history
from coda_pipeline_tests.core_tables.samples import P1, apply, bound


def told(engine, participation_id: UUID):
    with engine.connect() as conn:
        return history(conn, participation_id)


def test_an_edit_of_the_application_and_one_of_the_sync_are_told_apart(engine, application):
    apply(engine, bound(), run_id="run-1")
    application.update(P1, share="0.8", comment="моё")
    apply(
        engine,
        Resolution(updates=(ParticipationUpdate(P1, 2, {"comment": None}),)),
        seen={P1: 2},
        run_id="run-2",
    )
    first, edit, take = told(engine, P1)

    assert (first.op, first.version, first.writer, first.run_id) == ("insert", 1, "sync", "run-1")
    assert (edit.op, edit.version, edit.run_id) == ("update", 2, None)
    assert edit.writer == application.execute("select session_user").fetchone()[0]
    assert dict(edit.changes) == {"share": (0.5, 0.8), "comment": (None, "моё")}
    assert (take.writer, take.run_id, dict(take.changes)) == ("sync", "run-2", {"comment": ("моё", None)})
    assert first.changed_at <= edit.changed_at <= take.changed_at


def test_the_insert_tells_what_it_wrote_whatever_came_later(engine, application):
    made = application.insert(comment="первый")
    application.update(made, comment="второй", share="0.5")
    application.update(made, comment="третий")
    first = told(engine, made)[0]

    assert first.changes["comment"] == (None, "первый")
    assert first.changes["person_name"] == (None, "Анна Петрова")
    assert "share" not in first.changes


def test_a_value_that_was_cleared_later_is_still_told(engine, application):
    made = application.insert(comment="первый")
    application.update(made, comment=None)

    first, cleared = told(engine, made)
    assert first.changes["comment"] == (None, "первый")
    assert dict(cleared.changes) == {"comment": ("первый", None)}


def test_a_deletion_and_a_revival_are_told(engine, application):
    made = application.insert(external_id="app-1")
    application.delete(made)
    application.execute(
        "insert into core.participation (external_id, person_name, activity, role, started_on)"
        " values ('app-1', 'Анна', 'Обучение', 'аналитик', '2024-03-01')"
        " on conflict (external_id) do update set role = excluded.role"
    )

    assert [(c.op, c.version) for c in told(engine, made)] == [("insert", 1), ("delete", 2), ("update", 3)]
    assert told(engine, made)[1].changes["deleted_by"] == (None, "warehouse")


def test_an_edit_that_changes_nothing_is_no_change(engine, application):
    made = application.insert()
    application.update(made, role="аналитик")

    assert len(told(engine, made)) == 1


def test_one_statement_over_many_rows_tells_each(engine, application):
    made = [application.insert(role=f"роль {n}") for n in range(3)]
    application.execute("update core.participation set comment = role")

    assert [dict(told(engine, m)[1].changes) for m in made] == [
        {"comment": (None, f"роль {n}")} for n in range(3)
    ]


def test_an_edit_that_was_rolled_back_is_not_told(engine, application):
    made = application.insert()
    with application.conn.transaction(force_rollback=True):
        application.update(made, role="менеджер")

    assert len(told(engine, made)) == 1


def test_there_is_nothing_to_tell_of_an_id_that_never_was(engine):
    assert told(engine, P1) == []


def test_every_version_has_its_line(engine, application):
    made = application.insert()
    for number in range(5):
        application.update(made, comment=str(number))
    with engine.connect() as conn:
        version = conn.scalar(text("select version from core.participation_all"))

    assert [c.version for c in told(engine, made)] == list(range(1, version + 1))
