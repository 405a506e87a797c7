"""Which column of a table holds which field: by header, in whatever order, with suggestions."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from coda_pipeline.errors import DumpError

SUGGESTIONS = 3
LIKENESS = 0.5


def bare(header: str) -> str:
    """A header as it is compared: without case, marks of encoding and doubled spaces."""
    return " ".join(str(header).replace("\ufeff", "").replace("\xa0", " ").split()).casefold()


def is_same_header(left: str, right: str) -> bool:
    """Whether two headers name one column."""
    return bare(left) == bare(right)


def positions(mapped: Mapping[str, str], headers: Sequence[str]) -> dict[str, int]:
    """Field -> place of its column, of those that are there."""
    places: dict[str, int] = {}
    known = [bare(header) for header in headers]
    for name, header in mapped.items():
        if bare(header) in known:
            places[name] = known.index(bare(header))
    return places


def refuse_unmapped(mapped: Mapping[str, str], headers: Sequence[str], *, file: str, where: str) -> None:
    """Raise `DumpError` where a mapped header is missing, or is there twice. `where` is the key's path."""
    known = [bare(header) for header in headers]
    twice = sorted({header for header in mapped.values() if known.count(bare(header)) > 1})
    if twice:
        message = f"{file} has two columns named {_quoted(twice)}: rename one of them. Nothing was loaded."
        raise DumpError(message)
    missing = {name: header for name, header in mapped.items() if bare(header) not in known}
    if not missing:
        return
    lines = [_missing_line(header, headers, f"{where}.columns.{name}") for name, header in missing.items()]
    if len(missing) == len(mapped):
        lines.append("It has none of the mapped columns: it may be another table.")
    message = f"{file} lacks {len(missing)} mapped column(s); nothing was loaded.\n" + "\n".join(lines)
    raise DumpError(message)


def _missing_line(header: str, headers: Sequence[str], key: str) -> str:
    by_bare = {bare(h): h for h in headers if bare(h)}
    close = get_close_matches(bare(header), by_bare, n=SUGGESTIONS, cutoff=LIKENESS)
    there = _quoted([by_bare[name] for name in close] or list(by_bare.values())[:12])
    advice = f"perhaps it is now {there}" if close else f"there are {there or 'none'}"
    return f"  {key}: no column {_quoted([header])}; {advice}"


def _quoted(headers: Sequence[str]) -> str:
    return ", ".join(f"«{header}»" for header in headers)
