"""Whether two values of one field mean the same to Coda: what was sent, and what a later read gives.

Coda shows a date with the doc's offset, a number with its column's digits, a person under their own name, and
trims texts; none of that is an edit. `normalize.same` and `alike` compare inside the warehouse and know no
columns. Pure.
"""

from datetime import date, datetime
from decimal import Decimal

from coda_pipeline.sync.model import Activity, Person, Unreadable, Value
from coda_pipeline.sync.normalize import NUMBER_PRECISION, is_blank, norm
from coda_pipeline.sync.plan_cells import with_plain_newlines
from coda_pipeline.sync.plan_inputs import Column

# Columns in which a text stands for something that has a spelling of its own.
SPELLED_BY_CODA = frozenset({"select", "lookup", "person"})
PERCENT = "percent"
# Whatever a column shows, a share that differs by more than half a percent is another share.
MAX_TOLERANCE = Decimal("0.005")


def same_meaning(_field: str, sent: Value, read: Value, column: Column | None) -> bool:
    """Equal by meaning; `column` tells how exactly Coda shows it, None where that is not known.

    People by e-mail, else by name; relations by row id, else by name; days; numbers to half a unit of what
    the column shows; texts without the spaces around them. A blank is a blank in every form, and a cell that
    does not fit its field means nothing that could have been sent.
    """
    if isinstance(sent, Unreadable) or isinstance(read, Unreadable):
        return False
    if is_blank(sent) or is_blank(read):
        return is_blank(sent) and is_blank(read)
    match sent, read:
        case (Person(), Person()) | (Activity(), Activity()):
            is_same = _is_same_one(sent, read)
        case date(), date():
            is_same = _day(sent) == _day(read)
        case Decimal(), Decimal():
            is_same = abs(sent - read) <= _tolerance(column)
        case str(), str():
            is_same = _is_same_text(sent, read, column)
        case _:
            is_same = sent == read
    return is_same


def _is_same_one(sent: Person | Activity, read: Person | Activity) -> bool:
    """By identity where both have one, else by name, else by whatever is the same."""
    is_person = isinstance(sent, Person)
    if sent[1] and read[1]:
        return norm(sent[1]) == norm(read[1]) if is_person else sent[1] == read[1]
    return not is_blank(sent[0]) and norm(sent[0]) == norm(read[0])


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _tolerance(column: Column | None) -> Decimal:
    """Half a unit of the last digit that the column shows; a percent column shows hundredths as whole."""
    if column is None or column.precision is None:
        return NUMBER_PRECISION
    digits = column.precision + (2 if column.type == PERCENT else 0)
    return min(Decimal(1).scaleb(-digits) / 2, MAX_TOLERANCE)


def _is_same_text(sent: str, read: str, column: Column | None) -> bool:
    if column is not None and column.type in SPELLED_BY_CODA:
        return norm(sent) == norm(read)
    return with_plain_newlines(sent).strip() == with_plain_newlines(read).strip()
