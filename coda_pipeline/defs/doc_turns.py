"""Which doc to look at next, and whether its change is worth a run. Pure.

One doc per look, in turn, so that many docs cost no more of the rate budget than one. A change that comes too
soon after the last run is not forgotten: it is found again in a later turn.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

RUN_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class Turns:
    """What is remembered between looks.

    Whose turn was last, what each doc looked like when it was last read, and when a run was last asked for
    (seconds since 1970).
    """

    last_doc: str | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    last_run_at: float = 0.0

    def text(self) -> str:
        """As a sensor's cursor."""
        return json.dumps(asdict(self), sort_keys=True)


def turns_from(cursor: str | None) -> Turns:
    """What a cursor remembers; nothing where there is none."""
    return Turns(**json.loads(cursor)) if cursor else Turns()


def next_doc(turns: Turns, docs: Sequence[str]) -> str:
    """Whose turn it is. There is at least one doc."""
    if turns.last_doc not in docs:
        return docs[0]
    return docs[(docs.index(turns.last_doc) + 1) % len(docs)]


def looked(turns: Turns, doc: str, updated_at: str, *, now: float) -> tuple[Turns, bool]:
    """What to remember after a look, and whether to start a run: the doc changed, and none was lately.

    At its first look a doc is only remembered: a schedule or a person reads it for the first time.
    """
    after = replace(turns, last_doc=doc)
    before = turns.seen.get(doc)
    if before is None:
        return replace(after, seen={**turns.seen, doc: updated_at}), False
    if before == updated_at or now - turns.last_run_at < RUN_EVERY_S:
        return after, False
    return replace(after, seen={**turns.seen, doc: updated_at}, last_run_at=now), True
