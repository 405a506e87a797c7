"""What starts the write-back by itself, on the graph of the demo catalogue, and what keeps it from it."""

from dagster import AssetSelection, evaluate_automation_conditions

from coda_pipeline.defs.names import SENT
from coda_pipeline.sandbox import schema
from coda_pipeline_tests.defs.workshop import Workshop


class Daemon:
    """Evaluates the condition of the write-back as the daemon does, tick by tick."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.cursor: object = None
        self.wants_to_run()

    def wants_to_run(self) -> bool:
        found = evaluate_automation_conditions(
            defs=self.workshop.definitions,
            instance=self.workshop.instance,
            asset_selection=AssetSelection.assets(SENT),
            cursor=self.cursor,  # pyright: ignore[reportArgumentType]
        )
        self.cursor = found.cursor
        return found.total_requested == 1


def test_a_plan_whose_checks_passed_starts_the_write_back_once(workshop: Workshop) -> None:
    daemon = Daemon(workshop)
    assert workshop.run("participation").success
    assert daemon.wants_to_run()
    assert not daemon.wants_to_run()


def test_nothing_starts_while_nothing_was_synced(workshop: Workshop) -> None:
    daemon = Daemon(workshop)
    assert not daemon.wants_to_run()


def test_a_blocking_check_that_failed_in_an_earlier_run_keeps_the_write_back_from_starting(
    workshop: Workshop,
) -> None:
    daemon = Daemon(workshop)
    assert workshop.run("participation").success
    assert daemon.wants_to_run()
    workshop.sandbox.hr.retype_column(schema.START, "checkbox")
    workshop.sandbox.settle()
    assert not workshop.run("participation", full=True).success
    assert not daemon.wants_to_run()
    assert workshop.plan().success
    assert not daemon.wants_to_run(), "a new plan alone does not make the failed check good"
    workshop.sandbox.hr.retype_column(schema.START, "date")
    workshop.sandbox.settle()
    assert workshop.run("participation", full=True).success
    assert daemon.wants_to_run()


def test_a_table_that_moved_under_the_read_does_not_stall_the_write_back(workshop: Workshop) -> None:
    daemon = Daemon(workshop)
    hr, faults = workshop.sandbox.hr, workshop.sandbox.faults

    def one_more() -> None:
        hr.add_participation("Новая Сотрудница", "new@example.com", project="Ревизия", role="Аналитик")
        workshop.sandbox.settle()

    faults.inject("act", path=f"{schema.PARTICIPATION}/rows$", times=None, act=one_more)
    run = workshop.run("participation", full=True)
    assert run.success
    assert not workshop.checks(run.run_id)["raw/coda_participation", "moved_under_read"].passed
    assert daemon.wants_to_run()
    assert not daemon.wants_to_run()
    faults.clear()
    assert workshop.run("participation", full=True).success
    assert daemon.wants_to_run()
