"""What a cell says, whatever form it came in: text, a number, Coda's rich objects, or a list of those."""

from collections.abc import Mapping
from datetime import date, datetime

FENCE = "```"
SEVERAL = "several values in one cell"


def text_of(cell: object) -> str | None:  # noqa: PLR0911 - one return a kind of cell
    """The text as a person sees it, None where it is blank. Lists are joined by ", "."""
    if type(cell) is str:
        text = cell
        if text.startswith(FENCE) and text.endswith(FENCE) and len(text) >= 2 * len(FENCE):
            text = text[len(FENCE) : -len(FENCE)]
        stripped = text.strip()
        return stripped or None
    if cell is None:
        return None
    if isinstance(cell, Mapping):
        return next((str(cell[k]) for k in ("name", "amount", "url") if cell.get(k) not in (None, "")), None)
    if isinstance(cell, list):
        return ", ".join(filter(None, map(text_of, cell))) or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def only_part(cell: object) -> tuple[object, bool]:
    """The one value of a cell, and whether there are several: relations come as lists of one at times."""
    if not isinstance(cell, list):
        return cell, False
    parts = [part for part in cell if text_of(part) is not None]
    return (cell, True) if len(parts) > 1 else (parts[0] if parts else None, False)


def inner(cell: object, key: str) -> str | None:
    """A text in a rich object, such as a person's e-mail."""
    value = cell.get(key) if isinstance(cell, Mapping) else None
    return value.strip() or None if isinstance(value, str) else None
