"""Counts in words, with the endings that Russian numbers ask for. Pure."""

from collections.abc import Mapping

from coda_pipeline.gateway.words import Lang

# One, two to four, five and more; and in English one, more.
_RU: dict[str, tuple[str, str, str]] = {
    "inserted": ("новая", "новых", "новых"),
    "updated": ("изменена", "изменено", "изменено"),
    "deleted": ("удалена", "удалено", "удалено"),
    "duplicates": ("дубль", "дубля", "дублей"),
    "held": ("удаление ждёт подтверждения", "удаления ждут подтверждения", "удалений ждут подтверждения"),
    "conflicts": ("разногласие", "разногласия", "разногласий"),
}
_EN: dict[str, tuple[str, str]] = {
    "inserted": ("new", "new"),
    "updated": ("changed", "changed"),
    "deleted": ("deleted", "deleted"),
    "duplicates": ("duplicate", "duplicates"),
    "held": ("deletion waits for confirmation", "deletions wait for confirmation"),
    "conflicts": ("disagreement", "disagreements"),
}


def listing(counts: Mapping[str, int], lang: Lang) -> str:
    """`3 новых, 2 изменено, 1 дубль`; nothing of what is zero."""
    return ", ".join(f"{number} {_word(name, number, lang)}" for name, number in counts.items() if number)


def _word(name: str, number: int, lang: Lang) -> str:
    if lang == "ru":
        return _RU[name][_russian_form(number)]
    return _EN[name][0 if number == 1 else 1]


def _russian_form(number: int) -> int:
    tens, ones = number % 100, number % 10
    if 11 <= tens <= 14 or ones == 0 or ones >= 5:  # noqa: PLR2004 (grammar)
        return 2
    return 0 if ones == 1 else 1
