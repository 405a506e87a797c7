"""The processes of a running system: Dagster's UI, its daemon, which runs what is queued, and the gateway.

Shared by `demo`, `dev` and `start`. What the processes need to know, they read from the environment
(`workplace.export_environment`).
"""

import os
import sys
from pathlib import Path

from coda_pipeline.commands.dagster_ui import DagsterUi
from coda_pipeline.commands.ports import LOOPBACK, wait_for_answer
from coda_pipeline.commands.processes import Processes
from coda_pipeline.commands.terminal import remark
from coda_pipeline.commands.workplace import WORKSPACE, dagster_instance, open_warehouse
from coda_pipeline.defs.names import ALWAYS_ON
from coda_pipeline.settings import Settings

# On a busy machine with cold disks; two seconds is usual.
LOADED_WITHIN_S = 180


def fail_orphaned_runs(settings: Settings) -> None:
    """Runs that an earlier start left behind count as running for ever, unless they are failed now."""
    from coda_pipeline.defs.orphans import fail_orphans

    with open_warehouse(settings) as engine, dagster_instance() as instance:
        orphans = fail_orphans(instance, engine)
    if orphans:
        remark(
            f"{len(orphans)} run(s) of an earlier start had died and count as failed; the next one completes."
        )


def serve_dagster(
    processes: Processes, *, port: int, host: str = LOOPBACK, logs: Path | None = None
) -> DagsterUi:
    """Start the UI and the daemon, and return once the UI has loaded the project.

    Their output goes to files under `logs`, or to the terminal. Raises `FatalError` where one ends or the
    project cannot be loaded.
    """
    workspace = ["--workspace", str(WORKSPACE)]
    url = _reached_at(host, port)
    os.environ.setdefault("CODA_PIPELINE_UI_URL", url)
    processes.start(
        "Dagster UI",
        [sys.executable, "-m", "dagster_webserver", "--host", host, "--port", str(port), *workspace],
        log=logs / "webserver.log" if logs else None,
    )
    processes.start(
        "Dagster daemon",
        [sys.executable, "-m", "dagster._daemon", "run", *workspace],
        log=logs / "daemon.log" if logs else None,
    )
    ui = DagsterUi(url)
    ui.wait_until_loaded(within_s=LOADED_WITHIN_S, look=processes.check)
    ui.turn_on(ALWAYS_ON)
    return ui


def serve_gateway(processes: Processes, *, port: int, host: str = LOOPBACK, logs: Path | None = None) -> str:
    """Start the gateway, and return its address once it answers. Start Dagster before: links lead to its UI.

    Raises `FatalError` where it ends by itself.
    """
    processes.start(
        "gateway",
        [sys.executable, "-m", "coda_pipeline.cli", "gateway", "--host", host, "--port", str(port)],
        log=logs / "gateway.log" if logs else None,
    )
    url = _reached_at(host, port)
    wait_for_answer(f"{url}/healthz", what="gateway", within_s=LOADED_WITHIN_S, look=processes.check)
    return url


def _reached_at(host: str, port: int) -> str:
    reached_at = LOOPBACK if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 (a comparison, not a binding)
    return f"http://{reached_at}:{port}"
