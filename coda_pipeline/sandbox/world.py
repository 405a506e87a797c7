"""All that one sandbox holds: its docs, users, clock, limits, faults and the log of requests."""

import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import RLock
from zoneinfo import ZoneInfo

from coda_pipeline.sandbox.clock import Clock
from coda_pipeline.sandbox.config import SandboxConfig, TokenSpec
from coda_pipeline.sandbox.demo_doc import DocContent, archive_content, demo_content
from coda_pipeline.sandbox.document import DocState, RowVersion, TableState
from coda_pipeline.sandbox.faults import Faults
from coda_pipeline.sandbox.limits import RateLimiter
from coda_pipeline.sandbox.links import Links
from coda_pipeline.sandbox.pack import Pack
from coda_pipeline.sandbox.render import Renderer
from coda_pipeline.sandbox.request_log import RequestLog
from coda_pipeline.sandbox.schema import ARCHIVE_ID
from coda_pipeline.sandbox.timeline import Timeline
from coda_pipeline.sandbox.typing_in import People

ID_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz0123456789_-"
ID_LENGTH = 10


class HostedDoc:
    """One doc of the sandbox."""

    def __init__(self, content: DocContent, clock: Clock, api_base: str, config: SandboxConfig) -> None:
        self.id = content.doc_id
        self.name = content.name
        self.is_deleted = False
        self.over_size = False
        self.calculated_in_delta = config.switches.calculated_in_delta
        self.people = People(content.people)
        self.zone = ZoneInfo(config.time_zone)
        self.links = Links(api_base, content.doc_id)
        self.kept_lists: dict[str, Sequence[RowVersion]] = {}
        # Raised to make every page and sync token given out so far invalid.
        self.token_generation = 0
        self.ordinal = content.row_count
        self._random = random.Random(f"{config.seed}/{content.doc_id}")  # noqa: S311 - ids, not secrets
        now = clock.now()
        self.timeline = Timeline(
            _state_of(content, now),
            _state_of(content, now),
            clock,
            lag_s=config.snapshot_lag_s,
            write_delay_s=config.write_delay_s,
        )
        self.renderer = self._renderer_of(self.timeline.snapshot, config)
        self.live_renderer = self._renderer_of(self.timeline.live, config)
        # (row id, button column id) of every press, oldest first.
        self.presses: list[tuple[str, str]] = []
        # What a press runs; None until a Pack was installed in the doc.
        self.pack: Pack | None = None

    def _renderer_of(self, state: DocState, config: SandboxConfig) -> Renderer:
        return Renderer(state, self.links, self.zone, config.switches, self.timeline.clock.now)

    @property
    def snapshot(self) -> DocState:
        """What the API reads."""
        return self.timeline.snapshot

    def new_row_id(self) -> str:
        """A row id that no row has had."""
        return "i-" + "".join(self._random.choices(ID_LETTERS, k=ID_LENGTH))

    def new_request_id(self) -> str:
        """The id of an accepted write, in the live form (section 4)."""
        return f"mutate:{uuid.UUID(int=self._random.getrandbits(128), version=4)}"

    def next_ordinal(self) -> int:
        """The place in creation order of a new row."""
        self.ordinal += 1
        return self.ordinal


class World:
    """One sandbox. `api_base` is the address that links in answers carry."""

    def __init__(self, config: SandboxConfig, clock: Clock, api_base: str) -> None:
        self.config = config
        self.clock = clock
        # Held by whoever reads or changes a doc: requests and acts come from different threads.
        self.lock = RLock()
        self.api_base = config.link_base or api_base
        self.limits = RateLimiter(config.rates)
        self.faults = Faults()
        self.requests = RequestLog()
        self.tokens: dict[str, TokenSpec] = {spec.token: spec for spec in config.tokens}
        main = demo_content(config.content, config.rows, config.seed, clock.now().date().replace(day=1))
        contents = (main, archive_content())
        self.docs: Mapping[str, HostedDoc] = {
            content.doc_id: HostedDoc(content, clock, self.api_base, config) for content in contents
        }
        self.main = self.docs[main.doc_id]

    def catch_up(self) -> None:
        """Moves every doc on to the present."""
        for doc in self.docs.values():
            doc.timeline.catch_up()

    def docs_of(self, token: TokenSpec) -> list[HostedDoc]:
        """The docs that a user has been given."""
        allowed = token.docs
        if allowed is None:
            return [doc for doc in self.docs.values() if doc.id != ARCHIVE_ID and not doc.is_deleted]
        return [doc for doc in self.docs.values() if doc.id in allowed and not doc.is_deleted]


def _state_of(content: DocContent, now: datetime) -> DocState:
    tables = {meta.id: TableState(meta, content.rows.get(meta.id)) for meta in content.tables}
    return DocState(tables, now)
