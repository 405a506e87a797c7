"""Listing issues while people work on them: what changed since a day, or all of them.

Sorted by `UpdatedAt`, an edited issue moves to the end and pulls others forward onto a page that was read
already; sorted by code, only deletions shift. So a list of several pages is read again until a pass brings
nothing new, and a list of all is believed only where its own count agrees before and after.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.models import IssueRef

# An issue tracker in use settles within a pass or two; after these the rest is left to the next poll.
MAX_PASSES = 5
MAX_SWEEPS = 3


@dataclass(frozen=True, slots=True)
class IssueList:
    """The latest state of each issue that was listed.

    `is_whole`: as many as CODING counts; `is_still`: the last pass brought nothing new.
    """

    refs: dict[int, IssueRef]
    is_whole: bool = True
    is_still: bool = True


def list_changed(client: CodingClient, project: str, since: date, *, page_rows: int) -> IssueList:
    """Issues changed on that day or later, from as many passes as it takes."""
    refs: dict[int, IssueRef] = {}
    for _ in range(MAX_PASSES):
        before, pages = dict(refs), 0
        for page in client.issue_pages(project, updated_since=since, page_rows=page_rows):
            _take(page.refs, refs)
            pages += 1
        # What fits one page is one moment of the list: nothing can have moved.
        if pages == 1 or refs == before:
            return IssueList(refs)
    return IssueList(refs, is_still=False)


def list_all(
    client: CodingClient, project: str, *, page_rows: int, on_page: Callable[[int], None] | None = None
) -> IssueList:
    """Every issue. Where the count does not agree, listed again; what then came is kept, not believed."""
    refs: dict[int, IssueRef] = {}
    for _ in range(MAX_SWEEPS):
        refs, totals = {}, set()
        for page in client.issue_pages(project, sort="CODE", page_rows=page_rows):
            _take(page.refs, refs)
            totals.add(page.total_count)
            if on_page:
                on_page(len(refs))
        if totals == {len(refs)}:
            return IssueList(refs)
    return IssueList(refs, is_whole=False, is_still=False)


def _take(page: tuple[IssueRef, ...], refs: dict[int, IssueRef]) -> None:
    for ref in page:
        known = refs.get(ref.code)
        if known is None or known.updated_at < ref.updated_at:
            refs[ref.code] = ref
