"""Whom and what a name means, by what the records and the application say."""

from coda_pipeline.sync.model import Resolution
from coda_pipeline.warehouse.core.identities import known_activities, known_people
from coda_pipeline_tests.core_tables.samples import apply, record, run


def test_the_e_mails_of_a_name_come_from_records_and_from_what_the_application_entered(stored, application):
    application.insert(person_name=" БОРИС", person_email="Boris2@Example.org")

    with stored.connect() as conn:
        assert known_people(conn) == {"борис": {"boris@example.org", "boris2@example.org"}}
        assert known_people(conn, ["анна петрова"]) == {}
        excluding = ["participation:i-b", "participation:i-c"]
        assert known_people(conn, ["борис"], excluding=excluding) == {"борис": {"boris2@example.org"}}


def test_what_was_deleted_is_not_known(stored, application):
    entered = application.insert(person_name="Виктор", person_email="viktor@example.org")
    application.delete(entered)
    run(stored, "update core.participation_records set deleted_at = now()")

    with stored.connect() as conn:
        assert known_people(conn) == {}
        assert known_activities(conn, default_doc="Doc") == {}


def test_the_rows_of_an_activity_are_known_by_doc(stored, application):
    application.insert(activity=" обучение", activity_row_id="i-2", role="другая")
    apply(stored, Resolution(records=(record("i-z", doc_id="Other", participation_id=None),)))

    with stored.connect() as conn:
        known = known_activities(conn, ["обучение"], default_doc="First")
    assert known == {"обучение": {("Doc", "i-training"), ("Other", "i-training"), ("First", "i-2")}}
