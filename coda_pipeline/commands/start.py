"""`coda-pipeline start`: the UI, the daemon and the gateway on a server, until they are told to end."""

from typing import Annotated

import typer

from coda_pipeline.commands.terminal import remark, say


def start(
    host: Annotated[
        str, typer.Option(help="Address the UI listens on; put a proxy that asks who it is before it.")
    ] = ("127.0.0.1"),
    gateway_host: Annotated[
        str, typer.Option(help="Address the gateway listens on, with all its endpoints.")
    ] = "127.0.0.1",
) -> None:
    """Run the Dagster UI, the daemon and the gateway on a server.

    Needs DATABASE_URL; run `coda-pipeline migrate` first.
    """
    from coda_pipeline.commands import serving
    from coda_pipeline.commands.ports import gateway_port, ui_port
    from coda_pipeline.commands.processes import Processes, end_on_signals
    from coda_pipeline.commands.workplace import export_environment
    from coda_pipeline.settings import Settings

    settings = Settings()
    settings.catalog()
    settings.warehouse_url()
    end_on_signals()
    settings = export_environment(settings)
    serving.fail_orphaned_runs(settings)
    with Processes() as processes:
        try:
            ui = serving.serve_dagster(
                processes, port=ui_port(settings.coda_pipeline_ui_port, host), host=host
            )
            gateway = serving.serve_gateway(
                processes,
                port=gateway_port(settings.coda_pipeline_gateway_port, gateway_host),
                host=gateway_host,
            )
            say(f"Gateway: {gateway}")
            say(f"Dagster UI: {settings.coda_pipeline_ui_url or ui.url}")
            processes.wait()
        except KeyboardInterrupt:
            remark("Ending.")
