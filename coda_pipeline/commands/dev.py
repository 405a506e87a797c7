"""`coda-pipeline dev`: the processes of the demo, against your own configuration."""

import os

from coda_pipeline.commands.terminal import remark, say


def dev() -> None:
    """Run the Dagster UI, the daemon and the gateway against your own configuration.

    Without DATABASE_URL it uses an embedded PostgreSQL. Schedules stay off until you turn them on in the UI.
    Ctrl-C ends everything.
    """
    from coda_pipeline.commands import serving
    from coda_pipeline.commands.ports import gateway_port, ui_port
    from coda_pipeline.commands.processes import Processes, end_on_signals
    from coda_pipeline.commands.workplace import export_environment
    from coda_pipeline.errors import ConfigurationError, DatabaseError
    from coda_pipeline.settings import EMBEDDED, Settings

    settings = Settings()
    settings.catalog()
    try:
        settings.warehouse_url()
    except DatabaseError:
        os.environ["DATABASE_URL"] = EMBEDDED
        settings = Settings()
        remark(
            f"DATABASE_URL is not set: using a PostgreSQL of its own in {settings.dagster_home / 'postgres'}"
        )
    if not settings.has_own_catalog:
        remark(f"There is no {settings.coda_pipeline_config}: showing the demo's tables. See `discover`.")
    try:
        settings.coda_token()
    except ConfigurationError as error:
        remark(str(error))
    end_on_signals()
    with Processes() as processes:
        try:
            settings = export_environment(settings)
            serving.fail_orphaned_runs(settings)
            logs = settings.dagster_home / "logs"
            ui = serving.serve_dagster(processes, port=ui_port(settings.coda_pipeline_ui_port), logs=logs)
            gateway = serving.serve_gateway(
                processes,
                port=gateway_port(settings.coda_pipeline_gateway_port),
                logs=logs,
            )
            say(f"Gateway: {gateway}")
            say(f"Dagster UI: {ui.url}")
            remark(f"Logs: {logs}. Schedules are off until you turn them on. Ctrl-C ends everything.")
            processes.wait()
        except KeyboardInterrupt:
            remark("Ending.")
