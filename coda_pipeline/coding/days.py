"""CODING's days: its dates and its whole-day filters are days of UTC+8 (reference/coding-api.md section 3.1).

The filter `UPDATED_AT` is documented for whole days only, so a read since a moment asks from a day on and
drops what is older than the moment by itself.
"""

from datetime import date, datetime, timedelta, timezone

CODING_ZONE = timezone(timedelta(hours=8), "UTC+8")
LAST_DAY = "9999-12-31"


def day_of(at: datetime) -> date:
    """The day of an aware time as CODING counts days."""
    return at.astimezone(CODING_ZONE).date()


def since(day: date) -> str:
    """A closed range of days from `day` on, as a condition wants it."""
    return f"{day.isoformat()}_{LAST_DAY}"
