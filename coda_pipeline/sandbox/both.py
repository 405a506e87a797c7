"""Both halves of the sandbox on one port, told apart by path; this is what the command line serves."""

import contextlib

from coda_pipeline.sandbox.app import API_PATH, HangUp, Receive, SandboxApp, Scope, Send
from coda_pipeline.sandbox.clock import Clock, ScaledClock
from coda_pipeline.sandbox.coding.app import PATHS, CodingApp
from coda_pipeline.sandbox.coding.config import CodingConfig
from coda_pipeline.sandbox.coding.world import CodingWorld
from coda_pipeline.sandbox.config import SandboxConfig
from coda_pipeline.sandbox.listening import HOST, listen, quick_server, run
from coda_pipeline.sandbox.world import World


class BothApp:
    """An ASGI application around a doc of Coda and a team of CODING."""

    def __init__(self, world: World, coding: CodingWorld, hang_up: HangUp | None = None) -> None:
        self._coda = SandboxApp(world, hang_up)
        self._coding = CodingApp(coding, hang_up)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        is_coding = scope["type"] == "http" and scope["raw_path"].decode().startswith(PATHS)
        await (self._coding if is_coding else self._coda)(scope, receive, send)


def serve(
    config: SandboxConfig,
    coding: CodingConfig = CodingConfig(),  # noqa: B008 - frozen
    *,
    port: int = 0,
    clock: Clock | None = None,
) -> None:
    """Serves both until interrupted, and says where, on standard output.

    Other processes act as people under `/_sandbox/` and `/_sandbox/coding/`, see `acts_endpoints`. Raises
    `ConfigurationError` where the port is taken.
    """
    listener = listen(port)
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    clock = clock or ScaledClock()
    world, team = World(config, clock, f"{address}{API_PATH}"), CodingWorld(coding, clock)
    print(announcement(world, team, address), flush=True)  # noqa: T201 - this is the command's output
    team.hooks.start()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            run(quick_server(lambda hang_up: BothApp(world, team, hang_up))[1], listener)
    finally:
        team.hooks.stop()


def announcement(world: World, team: CodingWorld, address: str) -> str:
    """What `serve` says: base URLs, doc and table ids, team and projects."""
    lines = [f"base URL  {address}{API_PATH}", f"doc       {world.main.id}  {world.main.name}"]
    for table in world.main.snapshot.tables.values():
        kind = "view " if table.meta.is_view else "table"
        rows = "" if table.meta.is_view else f"  {len(table.rows)} rows"
        lines.append(f"{kind}     {table.meta.id}  {table.meta.name}{rows}")
    lines.append(f"CODING    {address}  team {team.config.team}")
    lines += [f"project   {one.name}  {len(one.issues)} issues" for one in team.projects.values()]
    return "\n".join(lines)
