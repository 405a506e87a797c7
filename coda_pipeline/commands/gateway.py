"""`coda-pipeline gateway`: the HTTP door for the button, for applications and for people."""

from typing import Annotated

import typer

from coda_pipeline.commands.terminal import remark, say


def gateway(
    *,
    public: Annotated[
        bool, typer.Option("--public", help="Serve only what the button and webhooks need, for the internet.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; CODA_PIPELINE_GATEWAY_PORT, or 3080.")
    ] = None,
) -> None:
    """Serve the trigger, the status, the application's API and the pages. Needs DATABASE_URL, migrated."""
    from coda_pipeline.commands.gateway_server import opened, run_server
    from coda_pipeline.commands.ports import gateway_port
    from coda_pipeline.commands.processes import end_on_signals
    from coda_pipeline.settings import Settings

    settings = Settings()
    end_on_signals()
    chosen = gateway_port(port or settings.coda_pipeline_gateway_port, host)
    with opened(settings) as found:
        say(f"Gateway: {settings.coda_pipeline_public_url or f'http://{host}:{chosen}'}")
        try:
            run_server(found, host=host, port=chosen, public=public)
        except KeyboardInterrupt:
            remark("Ending.")
