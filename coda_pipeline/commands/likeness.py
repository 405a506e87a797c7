"""Guesses by name and kind: which column may be sensitive, which table holds Участие. Pure."""

import re
from collections.abc import Sequence

from coda_pipeline.coda.models import Column

# Pay, papers, health, private contacts: what a warehouse about work does not need to know of a person.
_SENSITIVE = re.compile(
    r"оклад|зарплат|з/п|\bзп\b|заработ|преми[яюи]|бонус|компенсац|телефон|\bмоб|паспорт|снилс|\bинн\b|адрес|прописк"
    r"|рожден|\bд\.?\s?р\b|возраст|семейн|медицин|диагноз|больнич|инвалид|\bсч[её]т\b|банк|реквизит"
    r"|salar|wage|payroll|bonus|phone|mobile|passport|\bssn\b|tax\s?id|address|birth|\bdob\b|\bage\b|medical|diagnos"
    r"|\biban\b|bank",
    re.IGNORECASE,
)
_TABLE = re.compile(r"участи|participation|assignment", re.IGNORECASE)

PEOPLE = frozenset(("person", "email", "text"))
RELATIONS = frozenset(("lookup",))
CHOICES = frozenset(("select", "lookup", "text", "scale"))
DATES = frozenset(("date", "dateTime"))
NUMBERS = frozenset(("percent", "number", "slider"))
TEXTS = frozenset(("text",))

# Canonical field -> words in the column's name, and the kinds it may have, the likeliest field first.
_FIELDS: tuple[tuple[str, re.Pattern[str], frozenset[str]], ...] = (
    (
        "person",
        re.compile(r"сотрудник|участник|\bфио\b|человек|исполнитель|person|employee|member|full name", re.I),
        PEOPLE,
    ),
    (
        "activity",
        re.compile(r"проект|активност|мероприят|направлен|задач|project|activit|event", re.I),
        RELATIONS | TEXTS,
    ),
    ("role", re.compile(r"роль|должност|функци|role|position", re.I), CHOICES),
    ("started_on", re.compile(r"начал|старт|\bс\b|\bот\b|start|begin|from", re.I), DATES),
    ("ended_on", re.compile(r"оконч|конец|заверш|\bпо\b|\bдо\b|end|finish|until", re.I), DATES),
    ("share", re.compile(r"доля|загруз|занятост|ставк|процент|share|load|allocation|percent", re.I), NUMBERS),
    ("comment", re.compile(r"коммент|примечан|заметк|comment|note", re.I), TEXTS),
    ("sync_id", re.compile(r"ключ|синхрон|sync", re.I), TEXTS),
)


def is_sensitive(column: Column) -> bool:
    """Whether a column's name sounds like something about a person that a warehouse should not hold."""
    return _SENSITIVE.search(column.name) is not None and column.type != "email"


def is_participation(title: str, columns: Sequence[Column]) -> bool:
    """Whether a table looks like Участие: by its name, or by a person, an activity, a role and a start."""
    fields = participation_fields(columns)
    if not {"person", "activity"} <= fields.keys():
        return False
    return _TABLE.search(title) is not None or {"role", "started_on"} <= fields.keys()


def participation_fields(columns: Sequence[Column]) -> dict[str, str]:
    """Canonical field -> column id, for those that a column fits by name and kind; no column twice."""
    fields: dict[str, str] = {}
    for field, words, kinds in _FIELDS:
        fitting = [
            column
            for column in columns
            if column.id not in fields.values()
            and not column.is_array
            and column.type in kinds
            and words.search(column.name)
            and not (column.calculated and field == "sync_id")
        ]
        # A person column says who it is, a text only what somebody typed; likewise a relation.
        fitting.sort(
            key=lambda column: (
                column.type not in {"person", "lookup"} if field in {"person", "activity"} else False
            )
        )
        if fitting:
            fields[field] = fitting[0].id
    return fields
