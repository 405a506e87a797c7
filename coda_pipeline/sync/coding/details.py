"""Reading the details of issues, several at a time, and landing them in batches.

The pace is the budget's (30 a second for the whole team, see `budget`); threads only fill the time that
answers take. One issue that cannot be read does not keep the others from landing. What is cut short keeps
what has landed.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.models import Issue
from coda_pipeline.errors import DataError, NotFoundError
from coda_pipeline.sync.coding.encoding import staged
from coda_pipeline.sync.coding.reading import CodingReading
from coda_pipeline.warehouse.coding.landing import LandedRecords, StagedRecord, land_records
from coda_pipeline.warehouse.coding.places import Table

BATCH = 100
# Which issue, when it was asked for, and what came: None where it is proved gone.
_Answer = tuple[int, datetime, Issue | DataError | None]


@dataclass(slots=True)
class Details:
    """What became of each issue asked for: landed, proved `gone`, or not to be read, with the reason."""

    landed: LandedRecords = field(default_factory=LandedRecords)
    found: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    unreadable: dict[int, str] = field(default_factory=dict)

    def __iadd__(self, other: "Details") -> "Details":
        """Both together."""
        self.landed += other.landed
        self.found |= other.found
        self.gone |= other.gone
        self.unreadable |= other.unreadable
        return self


def read_details(
    reading: CodingReading, codes: Sequence[int], *, on_progress: Callable[[int], None] | None = None
) -> Details:
    """Read issues and bring them into the warehouse.

    Raises what concerns more than one issue: a refused token, a missing scope, a service that fails.
    """
    details = Details()
    with ThreadPoolExecutor(reading.team.polling.detail_threads, thread_name_prefix="coding") as pool:
        try:
            answers = _in_order(pool, reading, codes)
            while batch := list(islice(answers, BATCH)):
                details += _land(reading, batch)
                if on_progress:
                    on_progress(len(details.found) + len(details.gone) + len(details.unreadable))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return details


def _in_order(pool: ThreadPoolExecutor, reading: CodingReading, codes: Sequence[int]) -> Iterator[_Answer]:
    """One batch is asked for ahead: threads go on while the one before lands."""
    waiting = iter(codes)
    asked = deque(pool.submit(_ask, reading, code) for code in islice(waiting, BATCH))
    while asked:
        yield asked.popleft().result()
        asked.extend(pool.submit(_ask, reading, code) for code in islice(waiting, 1))


def stage_issue(issue: Issue, read_at: datetime) -> StagedRecord:
    """An issue ready to land."""
    return staged(issue.code, issue.payload, read_at=read_at, updated_at=issue.updated_at)


def _ask(reading: CodingReading, code: int) -> _Answer:
    client: CodingClient = reading.client
    read_at = reading.now()
    try:
        return code, read_at, client.issue(reading.project, code)
    except NotFoundError:
        return code, read_at, None
    except DataError as error:
        return code, read_at, error


def _land(reading: CodingReading, answers: Sequence[_Answer]) -> Details:
    details, records = Details(), []
    for code, read_at, answer in answers:
        if answer is None:
            details.gone.add(code)
        elif isinstance(answer, DataError):
            details.unreadable[code] = str(answer)
        else:
            records.append(stage_issue(answer, read_at))
            details.found.add(code)
    with reading.engine.begin() as conn:
        details.landed = land_records(
            conn,
            reading.place,
            Table.ISSUES,
            records,
            run_id=reading.run_id,
            now=reading.now(),
            confirms=True,
        )
    return details
