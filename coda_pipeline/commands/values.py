"""Values of Участие as a person reads them on the terminal."""

from coda_pipeline.sync.model import Activity, Person, Unreadable


def shown(value: object) -> str:
    """A value in words; nothing for a blank."""
    if isinstance(value, Person):
        email = f"<{value.email}>" if value.email else None
        return " ".join(part for part in (value.name, email) if part)
    if isinstance(value, Activity):
        return value.name or ""
    if isinstance(value, Unreadable):
        return f"({value.reason})"
    return "" if value is None else str(value)
