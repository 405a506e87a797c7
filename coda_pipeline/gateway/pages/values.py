"""Values as a person reads them on a page: dates, percent, people, moments in their zone. Pure.

Everything here is text that the templates escape.
"""

from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from coda_pipeline.gateway.pages.reasons import reason
from coda_pipeline.gateway.pages.words import say
from coda_pipeline.gateway.words import Lang
from coda_pipeline.sync.model import Activity, Fields, Person, Unreadable, Value
from coda_pipeline.sync.normalize import is_blank

TITLE = ("person", "activity", "role", "started_on")
MAX_CHARS = 600


class Shown:
    """Values in one language and zone."""

    def __init__(self, lang: Lang, zone: ZoneInfo) -> None:
        self.lang: Lang = lang
        self.zone = zone

    def text(self, value: Value) -> str:
        """A value of a canonical field; a word for a blank one."""
        if is_blank(value):
            return say("blank", self.lang)
        match value:
            case Person(name, email):
                said = f"{name} ({email})" if name and email else name or email or ""
            case Activity(name, row_id):
                said = name or row_id or ""
            case Unreadable(why):
                said = f"{reason('unreadable', None, self.lang)} ({why})"
            case Decimal():
                said = f"{_plain(value * 100)} %"
            case date():
                said = f"{value:%d.%m.%Y}" if self.lang == "ru" else f"{value:%Y-%m-%d}"
            case _:
                said = str(value)
        return shortened(said)

    def title(self, fields: Fields) -> str:
        """Whose row it is: the fields of the key that say something."""
        parts = []
        for name in TITLE:
            value = fields.get(name)
            if is_blank(value):
                continue
            parts.append(value.name or value.email or "" if isinstance(value, Person) else self.text(value))
        return "\u00a0· ".join(part for part in parts if part) or say("nameless", self.lang)

    def moment(self, at: datetime | None) -> str:
        """A moment in the zone of the people here."""
        if at is None:
            return say("never", self.lang)
        local, now = at.astimezone(self.zone), datetime.now(self.zone)
        clock = f"{local:%H:%M}" if self.zone.key != "UTC" else f"{local:%H:%M} UTC"
        if local.date() == now.date():
            return say("today_at", self.lang, clock=clock)
        day = f"{local:%d.%m.%Y}" if self.lang == "ru" else f"{local:%Y-%m-%d}"
        return f"{day}, {clock}"


def shortened(text: str) -> str:
    """A text that one can read at a glance."""
    return text if len(text) <= MAX_CHARS else text[:MAX_CHARS] + "…"


def input_text(field: str, value: Value) -> str:
    """A value as the field of a form holds it."""
    if is_blank(value) or isinstance(value, Unreadable):
        return ""
    match value:
        case Person(name, email):
            return f"{name or ''} <{email}>".strip() if email else name or ""
        case Activity(name, _):
            return name or ""
        case Decimal():
            return _plain(value * 100) if field == "share" else _plain(value)
        case date():
            return value.isoformat()
    return str(value)


def safe_link(link: str | None) -> str | None:
    """A link that leads to another page, None for what would do anything else."""
    try:
        parts = urlsplit(link or "")
    except ValueError:
        return None
    return link if parts.scheme in {"http", "https"} and parts.netloc else None


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
