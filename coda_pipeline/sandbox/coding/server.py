"""The CODING sandbox as a server on a port of its own, for tests. See `both` for the command line."""

from types import TracebackType
from typing import Self

from coda_pipeline.sandbox.clock import Clock, ManualClock
from coda_pipeline.sandbox.coding.app import CodingApp
from coda_pipeline.sandbox.coding.config import CodingConfig
from coda_pipeline.sandbox.coding.hooks import Hooks
from coda_pipeline.sandbox.coding.people import People
from coda_pipeline.sandbox.coding.world import CodingWorld, InterfaceLimits
from coda_pipeline.sandbox.faults import Faults
from coda_pipeline.sandbox.listening import HOST, Serving, listen, quick_server
from coda_pipeline.sandbox.request_log import RequestLog


class CodingSandboxServer:
    """A CODING sandbox until the `with` block ends.

    Use `people`, `hooks`, `clock`, `faults`, `requests` and `limits` while a client talks to `base_url` with
    `token`. Without a clock time stands still. Hooks wait for `hooks.flush()` unless `hooks.start()`.
    """

    def __init__(
        self, config: CodingConfig | None = None, *, clock: Clock | None = None, port: int = 0
    ) -> None:
        self.config = config or CodingConfig()
        self.clock = clock or ManualClock()
        self._port = port
        self._serving: Serving | None = None

    def __enter__(self) -> Self:
        """Starts to listen."""
        listener = listen(self._port)
        self.port: int = listener.getsockname()[1]
        self.base_url = f"http://{HOST}:{self.port}"
        self.world = CodingWorld(self.config, self.clock)
        self._app, server = quick_server(lambda hang_up: CodingApp(self.world, hang_up))
        self._serving = Serving(server, listener, "coding sandbox")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes every connection and ends the threads."""
        self.world.hooks.stop()
        if self._serving is not None:
            self._serving.stop()

    @property
    def token(self) -> str:
        """The first token that works."""
        return self.config.tokens[0].token

    @property
    def people(self) -> People:
        """People at work in the configured project."""
        return self._app.people

    @property
    def hooks(self) -> Hooks:
        """The hooks, and what goes wrong on their way."""
        return self.world.hooks

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose; `path` is searched in the action's name."""
        return self.world.faults

    @property
    def requests(self) -> RequestLog:
        """The questions so far; `path` is the action."""
        return self.world.requests

    @property
    def limits(self) -> InterfaceLimits:
        """The rate limits; `off()` for none."""
        return self.world.limits
