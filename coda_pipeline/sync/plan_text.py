"""A plan as a person reads it on the terminal: who, what, from what to what, and why it waits.

Pure. These lines hold names and cells, which are personal data: they go to the terminal and to pages that ask
for a token, never to a log or to Dagster.
"""

import difflib
from collections.abc import Iterator, Mapping
from uuid import UUID

from coda_pipeline.catalog_limits import RateLimits
from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.model import Activity, Fields, Person, Unreadable, Value
from coda_pipeline.sync.normalize import is_blank
from coda_pipeline.sync.plan_model import SYNC_ID, Hold, HoldCode, Op, Plan, PlanKind, PlanRow

BLANK = "(blank)"
GONE = "(deleted)"
TITLE = ("person", "activity", "role", "started_on")
# Up to so many characters stand on one line; of longer texts, the part that differs is shown.
SHORT_CHARS = 60
SHOWN_CHARS = 200
CONTEXT_CHARS = 40
SAMPLE_ROWS = 10
# Longer durations are given in hours.
MINUTES_SHOWN = 120


def headline(plan: Plan) -> str:
    """How many rows of each operation, how many wait, and what keeps the whole plan back."""
    ops = [row.op for row in plan.rows]
    counts = ", ".join(f"{ops.count(op)} {op.value}" for op in Op if op in ops) or "nothing to do"
    waiting = sum(bool(row.holds) for row in plan.rows)
    number = f"Plan {plan.plan_id}" if plan.plan_id is not None else "Plan"
    text = f"{number} for {plan.source_table} ({plan.kind.value}): {counts}"
    text += f"; {waiting} waiting" if waiting else ""
    return text + (f"; nothing is sent: {'; '.join(plan.blocked_by)}" if plan.blocked_by else "")


def row_lines(row: PlanRow, about: Fields, link: str | None) -> Iterator[str]:
    """One row: what is done to what, field by field, the reasons why it waits, where it is in Coda."""
    yield f"{row.op.value} {row.digest}  {_title(row, about)}"
    for name in (*CANONICAL_FIELDS, SYNC_ID):
        if name in row.before or name in row.after:
            yield from ("    " + line for line in _field_lines(name, row))
    for hold in row.holds:
        yield f"    waits: {_reason(hold)}"
    if link:
        yield f"    {link}"


def remapped_rows(plan: Plan) -> list[PlanRow]:
    """The rows that wait for a changed mapping to be approved."""
    return [row for row in plan.rows if any(h.code is HoldCode.MAPPING for h in row.holds)]


def mapping_lines(plan: Plan, *, about: Mapping[UUID, Fields]) -> Iterator[str]:
    """What a changed mapping would do: the first rows before and after, for the approval of the mapping."""
    waiting = remapped_rows(plan)
    shown = waiting[:SAMPLE_ROWS]
    yield (
        f"The mapping of {plan.source_table} changed: {len(waiting)} rows wait for it to be approved once. "
        f"Before and after, {len(shown)} of them:"
    )
    for row in shown:
        yield ""
        yield from row_lines(row, about.get(row.participation_id, {}), None)


def filling_in_seconds(rows: int, limits: RateLimits) -> float:
    """How long Coda's limit on row writes makes filling in keys take: one request per row."""
    window_s = limits.row_writes.seconds / (1 - limits.slack)
    return rows * window_s / limits.row_writes.requests


def filling_in_line(plan: Plan, limits: RateLimits) -> str | None:
    """How long the keys of a plan take, None where it is about something else."""
    if plan.kind is not PlanKind.KEYS or not plan.rows:
        return None
    took = _duration(filling_in_seconds(len(plan.rows), limits))
    return (
        f"Filling in {len(plan.rows)} keys takes about {took}, one request per row; it goes on where it was "
        "interrupted. HR can also fill the column in Coda in one go."
    )


def shown(value: Value) -> str:
    """A value on one line, with what tells it from its namesakes."""
    if is_blank(value):
        return BLANK
    if isinstance(value, Person):
        return _joined(value.name, f"<{value.email}>" if value.email else None)
    if isinstance(value, Activity):
        return _joined(value.name, f"({value.row_id})" if value.row_id else None)
    if isinstance(value, Unreadable):
        return f"({value.reason})"
    return _printable(str(value))


def _title(row: PlanRow, about: Fields) -> str:
    fields = {**row.after, **row.before, **about}
    parts = [shown(fields[n]) for n in TITLE if not is_blank(fields.get(n))]
    return " · ".join(parts) or str(row.participation_id)


def _field_lines(name: str, row: PlanRow) -> Iterator[str]:
    before, after = row.before.get(name), row.after.get(name)
    if isinstance(before, str) and isinstance(after, str) and _is_long(before, after):
        yield f"{name}:"
        yield from ("  " + line for line in _text_diff(before, after))
        return
    left, right = shown(before), GONE if row.op is Op.DELETE else shown(after)
    if row.op is Op.DELETE and is_blank(before):
        return
    yield f"{name}: {_shortened(left)} → {_shortened(right)}"


def _is_long(before: str, after: str) -> bool:
    return any(len(text) > SHORT_CHARS or len(text.splitlines()) > 1 for text in (before, after))


def _text_diff(before: str, after: str) -> Iterator[str]:
    """The lines that differ, each cut to where it does."""
    old, new = before.splitlines(), after.splitlines()
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        is_one_line = b - a == d - c == 1
        start = _first_difference(old[a], new[c]) if is_one_line else 0
        yield from (f"- {_around(line, start)}" for line in old[a:b])
        yield from (f"+ {_around(line, start)}" for line in new[c:d])


def _first_difference(old: str, new: str) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


def _around(line: str, start: int) -> str:
    first = max(0, start - CONTEXT_CHARS) if len(line) > SHOWN_CHARS else 0
    cut = _printable(line[first : first + SHOWN_CHARS])
    return ("…" if first else "") + cut + ("…" if first + SHOWN_CHARS < len(line) else "")


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"


def _printable(text: str) -> str:
    """Without what would move the cursor or colour the terminal: cells hold whatever people pasted."""
    return "".join(c if c.isprintable() else " " for c in text)


def _joined(*parts: str | None) -> str:
    return _printable(" ".join(part for part in parts if part))


def _reason(hold: Hold) -> str:
    return f"{hold.says} [{hold.code.value}]"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < MINUTES_SHOWN else f"{minutes / 60:.1f} h"
