"""What the demo is made of: a sandbox, a server, a first sync, Dagster.

It keeps to a folder of its own and to the sandbox: whatever the environment says about
a real doc or a real database is set aside, so that trying it can never touch either.
"""

import fcntl
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from coda_pipeline.catalog import DEMO_CATALOG
from coda_pipeline.commands.demo_coding import coding_environment, is_of_a_team, send_hooks
from coda_pipeline.commands.demo_press import install_pack
from coda_pipeline.commands.ports import LOOPBACK, free_port, gateway_port, wait_for_answer
from coda_pipeline.commands.processes import Processes
from coda_pipeline.commands.run import run_coding_sync, run_sync
from coda_pipeline.commands.run_dump import run_backfill
from coda_pipeline.commands.sandbox_door import door_of
from coda_pipeline.commands.serving import fail_orphaned_runs, serve_dagster, serve_gateway
from coda_pipeline.commands.terminal import remark, say
from coda_pipeline.commands.workplace import export_environment, open_warehouse
from coda_pipeline.defs.coding_names import TABLES
from coda_pipeline.defs.names import DUMP
from coda_pipeline.errors import BusyError
from coda_pipeline.sandbox.app import API_PATH
from coda_pipeline.sandbox.config import DEFAULT_TOKEN, SandboxConfig
from coda_pipeline.sandbox.demo_doc import demo_content
from coda_pipeline.sandbox.dump_files import YEARS, write_dump
from coda_pipeline.settings import EMBEDDED, Settings

FOLDER = "demo"
ENVIRONMENT = "environment.sh"
TOKEN_FILE = "gateway-token"  # noqa: S105 (the name of a file)
DUMPS = "dumps"
SANDBOX_WITHIN_S = 120
# Coda's own half minute and ten seconds would be most of the demo.
FASTER = {"lag": 3, "delay": 1}


def demo_home() -> Path:
    """The demo's own folder in Dagster's folder."""
    return Settings().dagster_home.resolve() / FOLDER


@contextmanager
def alone_in(home: Path) -> Iterator[None]:
    """Keep a second demo out of the same folder. Raises `BusyError`."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "demo.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = (
                f"A demo is already running in {home}: end it with Ctrl-C where it runs, or give this one "
                "a folder of its own with DAGSTER_HOME."
            )
            raise BusyError(message) from None
        yield


def start_sandbox(processes: Processes, home: Path, rows: int) -> str:
    """A sandbox in a process of its own; its base URL. Raises `FatalError`, `ServiceError`."""
    port = free_port()
    processes.start(
        "sandbox",
        [sys.executable, "-m", "coda_pipeline.cli", "sandbox", *_as_options(port=port, rows=rows, **FASTER)],
        log=home / "logs" / "sandbox.log",
    )
    base_url = f"http://{LOOPBACK}:{port}{API_PATH}"
    wait_for_answer(
        f"{base_url}/whoami",
        what="sandbox",
        within_s=SANDBOX_WITHIN_S,
        look=processes.check,
        token=DEFAULT_TOKEN,
    )
    return base_url


def _as_options(**values: int) -> list[str]:
    return [text for name, value in values.items() for text in (f"--{name}", str(value))]


def enter_demo(home: Path, base_url: str) -> Settings:
    """Make this process's environment the demo's: its folder, its server, its doc, and nothing else."""
    wanted = {
        "DATABASE_URL": EMBEDDED,
        "DAGSTER_HOME": str(home),
        "CODA_PIPELINE_CONFIG": str(DEMO_CATALOG),
        "CODA_BASE_URL": base_url,
        "CODA_API_TOKEN": DEFAULT_TOKEN,
        "CODA_PIPELINE_ALLOW_WRITE": "1",
        **coding_environment(base_url),
        "CODA_DUMP_DIR": str(home / DUMPS),
    }
    for name in (*map(str.upper, Settings.model_fields), *filter(is_of_a_team, list(os.environ))):
        os.environ.pop(name, None)
    # A proxy that the environment names cannot reach this machine's loopback.
    os.environ |= wanted | {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}
    remark("Starting PostgreSQL")
    settings = export_environment(Settings())
    exports = wanted | {"DATABASE_URL": settings.warehouse_url()}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    (home / ENVIRONMENT).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return settings


def write_dumps(home: Path, rows: int) -> None:
    """Dumps of the sandbox's doc for both past years: what Excel made of one, a ZIP of the other."""
    config = SandboxConfig()
    month = datetime.now(UTC).date().replace(day=1)
    content = demo_content("demo", rows, config.seed, month)
    write_dump(content, home / DUMPS, "excel", name="uchastie-2023", year=2023)
    write_dump(content, home / DUMPS, "zip", name="uchastie-2024", year=2024)


def backfill(settings: Settings) -> bool:
    """Load both past years from the dumps; whether that was done. The first sync joins them to Участие."""
    fail_orphaned_runs(settings)
    remark(f"Backfilling 2023 and 2024 from the dumps in {settings.dump_dir()}")
    return run_backfill(settings, YEARS)


def first_sync(settings: Settings) -> bool:
    """Read all tables in full, since a new sandbox has forgotten edits in the last; whether all was done."""
    remark(f"Reading the demo's doc from {settings.coda_base_url}")
    is_done = run_sync(settings, (), full=True)
    remark(f"Reading the demo's CODING project from {settings.coding_base_url}")
    if not run_coding_sync(settings, TABLES, full=True):
        return False
    say("CODING: all three tables are here by polling; while the demo runs, webhooks bring each edit.")
    return is_done


def keep_token(settings: Settings, home: Path) -> Path:
    """A file with a token for everything, that of an earlier demo where it still works."""
    from coda_pipeline.warehouse.tokens import SCOPES, check_token, create_token

    path = home / TOKEN_FILE
    with open_warehouse(settings) as engine, engine.begin() as conn:
        if path.exists() and check_token(conn, path.read_text(encoding="utf-8").strip()):
            return path
        token = create_token(conn, "demo", SCOPES)
    path.touch(mode=0o600)
    path.write_text(f"{token}\n", encoding="utf-8")
    return path


def serve(processes: Processes, settings: Settings, port: int) -> None:
    """Start Dagster's processes and say where everything is."""
    home = settings.dagster_home
    remark("Starting Dagster")
    ui = serve_dagster(processes, port=port, logs=home / "logs")
    ui.turn_everything_on()
    gateway = serve_gateway(processes, port=gateway_port(None), logs=home / "logs")
    token = keep_token(settings, home)
    install_pack(settings, gateway, token.read_text(encoding="utf-8").strip())
    send_hooks(settings, gateway)
    say()
    say(f"Gateway:     {gateway}  (its token is in {token})")
    say(f"Dagster UI:  {ui.url}")
    say(
        f"Backfill:    {ui.url}/assets/{'/'.join(DUMP.path)}  (Materialize, both years: loads the dumps anew)"
    )
    say(f"PostgreSQL:  {settings.warehouse_url()}")
    say(f"Other commands on this demo, in another terminal:  . {shlex.quote(str(home / ENVIRONMENT))}")
    say(f"Press the button in the doc:  curl -X POST {door_of(settings)}/acts/press_button")
