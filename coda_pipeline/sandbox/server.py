"""The sandbox as a server: in a thread for tests, in the foreground for the command line.

Nothing of the doc is decided here; see `app` for requests and `world` for what there is.
"""

from types import TracebackType
from typing import Self

from coda_pipeline.sandbox import both, settling
from coda_pipeline.sandbox.app import API_PATH
from coda_pipeline.sandbox.clock import Clock, ManualClock, ScaledClock
from coda_pipeline.sandbox.config import DEFAULT_TOKEN, SandboxConfig, TokenSpec
from coda_pipeline.sandbox.faults import Faults
from coda_pipeline.sandbox.hr import Hr
from coda_pipeline.sandbox.limits import RateLimiter
from coda_pipeline.sandbox.listening import HOST, Serving, listen, server_of
from coda_pipeline.sandbox.request_log import RequestLog
from coda_pipeline.sandbox.world import World


class SandboxServer:
    """A sandbox on a port of its own, until the `with` block ends.

    Use `hr`, `clock`, `faults`, `requests` and `limits` while a client talks to `base_url` with `token`.
    Without a clock time stands still: `clock.advance(30)`, or `settle()`, lets edits and writes show.
    """

    def __init__(
        self, config: SandboxConfig | None = None, *, clock: Clock | None = None, port: int = 0
    ) -> None:
        self.config = config or SandboxConfig()
        self.clock = clock or ManualClock()
        self._port = port
        self._serving: Serving | None = None

    def __enter__(self) -> Self:
        """Starts to listen."""
        listener = listen(self._port)
        self.port: int = listener.getsockname()[1]
        self.base_url = f"http://{HOST}:{self.port}{API_PATH}"
        self.world = World(self.config, self.clock, self.base_url)
        self._app, server = server_of(self.world)
        self._serving = Serving(server, listener, "sandbox")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes every connection and ends the thread."""
        if self._serving is not None:
            self._serving.stop()

    @property
    def doc_id(self) -> str:
        """The HR doc."""
        return self.world.main.id

    @property
    def token(self) -> str:
        """The first token that works."""
        return self.config.tokens[0].token

    @property
    def hr(self) -> Hr:
        """HR at work in the doc."""
        return self._app.hr

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self.world.faults

    @property
    def requests(self) -> RequestLog:
        """The requests so far."""
        return self.world.requests

    @property
    def limits(self) -> RateLimiter:
        """The rate limits; `off()` for none."""
        return self.world.limits

    def settle(self) -> None:
        """Jumps ahead until reads show every edit and write."""
        settling.settle(self.world)


def serve(
    *,
    port: int = 0,
    token: str = DEFAULT_TOKEN,
    rows: int = 4000,
    seed: int = 2023,
    snapshot_lag_s: float = 30.0,
    write_delay_s: float = 10.0,
    speed: float = 1.0,
) -> None:
    """Serves the demo doc and the demo's CODING team until interrupted, and says where (see `both`).

    `speed` makes the sandbox's clock run that much faster; rate limits stay in real time. Raises
    `ConfigurationError` where the port is taken.
    """
    config = SandboxConfig(
        rows=rows,
        seed=seed,
        snapshot_lag_s=snapshot_lag_s,
        write_delay_s=write_delay_s,
        tokens=(TokenSpec(token),),
    )
    both.serve(config, port=port, clock=ScaledClock(speed))
