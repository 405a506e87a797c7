"""All that one CODING sandbox holds: its team, tokens, projects, hooks, clock, limits, faults, requests."""

import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from random import Random
from threading import Lock, RLock

from coda_pipeline.sandbox.clock import Clock
from coda_pipeline.sandbox.coding.config import CodingConfig, CodingToken
from coda_pipeline.sandbox.coding.demo import add_demo, add_extra_issues
from coda_pipeline.sandbox.coding.hook_bodies import HookBodies
from coda_pipeline.sandbox.coding.hooks import Hooks
from coda_pipeline.sandbox.coding.records import ROLES, ProjectRecord, User
from coda_pipeline.sandbox.coding.render import Renderer
from coda_pipeline.sandbox.config import Rate
from coda_pipeline.sandbox.faults import Faults
from coda_pipeline.sandbox.request_log import RequestLog

TEAM_ID = 3_000_001
FIRST_PROJECT_ID = 11_000_001
OWNER = User(9_000_001, "Li Wei", "liwei", "li.wei@example.com", "13800000001")


class CodingWorld:
    """One team."""

    def __init__(self, config: CodingConfig, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        # Held by whoever reads or changes a record: requests and acts come from different threads.
        self.lock = RLock()
        self.random = Random(config.seed)  # noqa: S311 - ids and disorder, not secrets
        self.team_id = TEAM_ID
        self.users: dict[int, User] = {OWNER.id: OWNER}
        self.owner = OWNER
        self.projects: dict[str, ProjectRecord] = {}
        self.tokens: dict[str, CodingToken] = {spec.token: spec for spec in config.tokens}
        self.limits = InterfaceLimits(config.rate)
        self.faults = Faults()
        self.requests = RequestLog()
        self.renderer = Renderer(self.users, TEAM_ID)
        self.bodies = HookBodies(self.users, config.team, TEAM_ID)
        self.hooks = Hooks(config.switches, clock.now)
        self.main = self.add_project(config.project, "Demo Project")
        if config.content == "demo":
            add_demo(self.main, self.users, clock.now())
        add_extra_issues(self.main, config.extra_issues, self.owner, clock.now(), self.random)

    def add_project(self, name: str, display_name: str = "") -> ProjectRecord:
        """A project with the team's owner as its only member."""
        project_id = FIRST_PROJECT_ID + len(self.projects)
        project = ProjectRecord(project_id, name, display_name or name, self.clock.now())
        project.members[self.owner.id] = [ROLES["ProjectAdmin"]]
        self.projects[name] = project
        return project

    def request_id(self) -> str:
        """A new id for an answer."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))


class InterfaceLimits:
    """So many requests of each interface in any second, for the whole team. It goes by the wall clock."""

    def __init__(self, rate: Rate | None, now: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._now = now
        self._sent: dict[str, deque[float]] = defaultdict(deque)
        self._lock = Lock()

    def off(self) -> None:
        """Limits nothing from now on."""
        self.rate = None

    def on(self, rate: Rate | None = None) -> None:
        """Limits from now on, with empty windows."""
        with self._lock:
            self._sent.clear()
            self.rate = rate or Rate(30, 1)

    def admits(self, interface: str) -> bool:
        """Whether a request may go; counts it if so."""
        if self.rate is None:
            return True
        now = self._now()
        with self._lock:
            sent = self._sent[interface]
            while sent and sent[0] <= now - self.rate.seconds:
                sent.popleft()
            if len(sent) >= self.rate.requests:
                return False
            sent.append(now)
            return True


def project_of_id(world: CodingWorld, project_id: object) -> ProjectRecord | None:
    """The project with that id."""
    return next(_with_id(world, project_id), None)


def _with_id(world: CodingWorld, project_id: object) -> Iterator[ProjectRecord]:
    return (project for project in world.projects.values() if str(project.id) == str(project_id))
