"""From a canonical value to what is sent for one cell, where nothing has to be looked up.

Days, shares, texts, blanks, and how long a cell may be (reference/coda-api.md section 7). People, relations
and options are matched in `plan_matching`. Pure; what cannot be sent comes back as a `Hold` that names no
content.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from coda_pipeline.coda.writes import CellInput
from coda_pipeline.sync.model import Value
from coda_pipeline.sync.plan_inputs import Column
from coda_pipeline.sync.plan_model import Hold, HoldCode

# One cell was seen to stop at 43,661 characters; a whole row at 85 KB (reference/coda-api.md section 7).
MAX_TEXT_BYTES = 40_000
MAX_ROW_BYTES = 85 * 1024


class Sending(NamedTuple):
    """What would be sent for one field, and what it means: the value completed by what was matched."""

    cell: CellInput
    meaning: Value


def in_column(cell: str | float, column: Column) -> CellInput:
    """One value in the shape of its column: a list where it holds lists."""
    return [cell] if column.is_array else cell


def blank_cell(column: Column) -> CellInput:
    """What clears a cell. Coda takes no null."""
    return [] if column.is_array else ""


def day_cell(name: str, value: object, column: Column) -> Sending | Hold:
    """A day in ISO form, the only one that Coda reads the same way everywhere."""
    if not isinstance(value, date):
        return Hold(HoldCode.UNFIT, f"{name}: the value is no date; correct it here", name)
    day = value.date() if isinstance(value, datetime) else value
    return Sending(in_column(day.isoformat(), column), day)


def share_cell(name: str, value: object, column: Column, *, percent_scale: int) -> Sending | Hold:
    """A share from 0 to 1 as the JSON number that the column shows."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float):
        return Hold(HoldCode.UNFIT, f"{name}: the value is no number; correct it here", name)
    share = Decimal(str(value))
    if not share.is_finite() or not 0 <= share <= 1:
        return Hold(HoldCode.UNFIT, f"{name}: expected a share from 0 to 1; correct it here", name)
    scaled = share * percent_scale
    is_whole = scaled == scaled.to_integral_value()
    return Sending(in_column(int(scaled) if is_whole else float(scaled), column), share)


def text_cell(name: str, value: object, column: Column) -> Sending | Hold:
    """A text as typed, with one kind of newline."""
    if not isinstance(value, str):
        return Hold(HoldCode.UNFIT, f"{name}: the value is no text; correct it here", name)
    text = with_plain_newlines(value)
    size = bytes_of(text)
    if size > MAX_TEXT_BYTES:
        says = f"{name}: the text has {size:,} bytes, and Coda takes {MAX_TEXT_BYTES:,} in a cell; shorten it"
        return Hold(HoldCode.TOO_LONG, says, name)
    return Sending(in_column(text, column), value)


def with_plain_newlines(text: str) -> str:
    r"""The text with `\n` for every kind of newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def row_size_hold(cells: Iterable[CellInput]) -> Hold | None:
    """Why a row is too long as a whole, None where it is not."""
    size = sum(map(bytes_of, cells))
    if size <= MAX_ROW_BYTES:
        return None
    says = f"the row has {size:,} bytes, and Coda takes {MAX_ROW_BYTES:,}; shorten its texts"
    return Hold(HoldCode.TOO_LONG, says)


def bytes_of(cell: CellInput) -> int:
    """How Coda counts a value: its UTF-8 length, each newline twice."""
    if isinstance(cell, str):
        return len(cell.encode(errors="surrogatepass")) + cell.count("\n")
    if isinstance(cell, int | float):
        return len(str(cell))
    return sum(map(bytes_of, cell))
