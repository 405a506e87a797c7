"""The list of iterations, page by page, under each of the three readings of its paging.

The specification calls `Offset` an offset, one client in production uses it as a page index, another sends
`Page` (reference/coding-api.md section 3.2). So the rows so far are asked for first; where that brings
nothing new although rows are missing, the other readings are tried; then what is there is not the whole.
"""

from collections.abc import Callable, Iterator

from coda_pipeline.coding.parse import Page
from coda_pipeline.errors import IncompleteReadError

# The maximum is not published; other clients use 100.
ITERATIONS_PER_PAGE = 100
Place = dict[str, int]


def all_iterations(
    ask: Callable[[Place], Page], subject: str, *, limit: int = ITERATIONS_PER_PAGE
) -> list[object]:
    """Every iteration once. Raises `IncompleteReadError` where another number is said to be there."""
    found: dict[object, object] = {}
    first = last = _take(ask({"Limit": limit, "Offset": 0}), found)
    while len(found) < last.total:
        before = len(found)
        last = _take(ask({"Limit": limit, "Offset": before}), found)
        if len(found) == before:
            break
    for place in _by_page(limit, pages=-(-first.total // max(1, len(first.rows)))):
        if len(found) >= last.total:
            break
        last = _take(ask(place), found)
    check_whole(subject, len(found), first.total, last.total)
    return list(found.values())


def check_whole(subject: str, found: int, first_total: int, last_total: int) -> None:
    """Raises `IncompleteReadError` unless as many arrived as there were before and after."""
    if found == first_total == last_total:
        return
    total = last_total if found != last_total else first_total
    message = (
        f"CODING says that there are {total} {subject}, and {found} different ones arrived. Nothing was "
        "concluded from it; run again later."
    )
    raise IncompleteReadError(message)


def _take(page: Page, found: dict[object, object]) -> Page:
    for row in page.rows:
        found[row.get("Code") if isinstance(row, dict) else None] = row
    return page


def _by_page(limit: int, *, pages: int) -> Iterator[Place]:
    """Every page but the first, by index, then by number. What is known already is no reason to stop."""
    yield from ({"Limit": limit, "Offset": index} for index in range(1, pages))
    yield from ({"Limit": limit, "Page": number} for number in range(2, pages + 1))
