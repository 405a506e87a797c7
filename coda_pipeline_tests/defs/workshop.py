"""Running the project's jobs in tests, and asking Dagster what it stored of them."""

from dataclasses import dataclass
from functools import cached_property

from dagster import (
    AssetCheckEvaluation,
    AssetMaterialization,
    DagsterEventType,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
    RunRequest,
    SensorResult,
    build_sensor_context,
)
from dagster._serdes import serialize_value

from coda_pipeline.defs.build import build_definitions
from coda_pipeline.defs.launch import run_here, write_back_here
from coda_pipeline.defs.names import PLAN, SYNC_PARTICIPATION, WRITE_BACK
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline.settings import Settings


@dataclass(frozen=True)
class Workshop:
    """The definitions for one sandbox and one database, and the instance that their runs go to."""

    settings: Settings
    sandbox: SandboxServer
    instance: DagsterInstance

    @cached_property
    def definitions(self) -> Definitions:
        return build_definitions(self.settings)

    def run(self, *tables: str, full: bool = False, pull_only: bool = False) -> ExecuteInProcessResult:
        return run_here(
            self.definitions,
            self.settings.catalog(),
            self.instance,
            tables=tables,
            full=full,
            pull_only=pull_only,
        )

    def plan(self) -> ExecuteInProcessResult:
        """Plan alone, on what the warehouse holds."""
        job = self.definitions.resolve_job_def(WRITE_BACK)
        return job.execute_in_process(instance=self.instance, asset_selection=[PLAN], raise_on_error=False)

    def write_back(self) -> ExecuteInProcessResult:
        return write_back_here(self.definitions, self.instance)

    def evaluate(self, sensor: str, *, cursor: str | None = None) -> SensorResult:
        """One tick of a sensor."""
        context = build_sensor_context(self.instance, cursor=cursor, definitions=self.definitions)
        result = self.definitions.resolve_sensor_def(sensor)(context)
        assert isinstance(result, SensorResult)
        return result

    def answer(self, request: RunRequest, *, job: str = SYNC_PARTICIPATION) -> ExecuteInProcessResult:
        """The run that a sensor asked for, as the daemon would start it."""
        tags = {**request.tags, "dagster/run_key": request.run_key or ""}
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, tags=tags, raise_on_error=False
        )

    def checks(self, run_id: str) -> dict[tuple[str, str], AssetCheckEvaluation]:
        """What each check said, by asset and name, as stored."""
        events = self.instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION)
        found = [entry.dagster_event.asset_check_evaluation_data for entry in events if entry.dagster_event]
        return {(check.asset_key.to_user_string(), check.check_name): check for check in found}

    def materializations(self, run_id: str) -> dict[str, AssetMaterialization]:
        """What was made, by asset, as stored."""
        events = self.instance.all_logs(run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION)
        found = [
            entry.dagster_event.step_materialization_data.materialization
            for entry in events
            if entry.dagster_event
        ]
        return {made.asset_key.to_user_string(): made for made in found}

    def job_name(self, run_id: str) -> str:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.job_name

    def everything_stored(self, run_id: str) -> str:
        """The run and its whole event log, as text."""
        run = self.instance.get_run_by_id(run_id)
        return "\n".join([serialize_value(run), *map(serialize_value, self.instance.all_logs(run_id))])
