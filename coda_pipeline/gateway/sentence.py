"""The sentence for HR: what came of a press, in Russian or English. Pure.

Other errors that people read are in `words`. The one promise: it never says that all is done while an edit
made just before the press may be missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from coda_pipeline.gateway import counted
from coda_pipeline.gateway.words import Lang, reason_for

State = Literal["queued", "running", "succeeded", "needs_attention", "failed"]
CHANGES = ("inserted", "updated", "deleted", "duplicates")
TO_LOOK_AT = ("held", "conflicts")


@dataclass(frozen=True, slots=True)
class Told:
    """All that the sentence is made of.

    `is_settled`: no edit made before the press can still be missing. `is_stuck`: nothing works on the queue.
    """

    state: State
    as_of: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    is_settled: bool = False
    is_stuck: bool = False
    attempt: int = 1
    error_kind: str | None = None
    error: str | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def sentence(told: Told, lang: Lang) -> str:
    """One or two sentences for whoever pressed."""
    return " ".join(part for part in _parts(told, lang) if part)


def _parts(told: Told, lang: Lang) -> list[str]:
    ru = lang == "ru"
    if told.state == "failed":
        head = "Не получилось, данные остались прежними." if ru else "It did not work; the data is as it was."
        return [head, reason_for(told.error_kind, told.error, lang)]
    if told.state == "queued":
        return [_queued(told, lang), _stuck(lang) if told.is_stuck else ""]
    if told.state == "running":
        return [
            "Идёт чтение таблицы." if ru else "The table is being read.",
            _stuck(lang) if told.is_stuck else "",
        ]
    return [_done(told, lang), _to_look_at(told, lang), "" if told.is_settled else _not_yet(lang)]


def _queued(told: Told, lang: Lang) -> str:
    if told.attempt > 1:
        return (
            f"Попытка {told.attempt - 1} не удалась, скоро будет следующая."
            if lang == "ru"
            else f"Attempt {told.attempt - 1} did not work; another one follows soon."
        )
    return "В очереди, скоро начнётся." if lang == "ru" else "Waiting its turn; it will start soon."


def _stuck(lang: Lang) -> str:
    if lang == "ru":
        return (
            "Служба обновления сейчас не отвечает: сообщите администратору. Запрос сохранён и будет выполнен."
        )
    return "The service does not respond right now: tell the administrator. The request is kept and will run."


def _done(told: Told, lang: Lang) -> str:
    moment = _moment(told, lang)
    changes = counted.listing({name: told.counts.get(name, 0) for name in CHANGES}, lang)
    if lang == "ru":
        nothing = "изменений нет" if told.is_settled else "изменений пока нет"
        return f"Готово, данные на {moment}: {changes or nothing}."
    nothing = "no changes" if told.is_settled else "no changes so far"
    return f"Done, data as of {moment}: {changes or nothing}."


def _to_look_at(told: Told, lang: Lang) -> str:
    waiting = counted.listing({name: told.counts.get(name, 0) for name in TO_LOOK_AT}, lang)
    if not waiting or told.state != "needs_attention":
        return ""
    return f"Нужно ваше решение: {waiting}." if lang == "ru" else f"Needs your decision: {waiting}."


def _not_yet(lang: Lang) -> str:
    if lang == "ru":
        return "Правки последней минуты ещё могут прийти."
    return "Edits of the last minute may still come."


def _moment(told: Told, lang: Lang) -> str:
    if told.as_of is None:
        return "неизвестное время" if lang == "ru" else "an unknown time"
    local = told.as_of.astimezone(told.zone)
    return f"{local:%H:%M:%S}" if told.zone.key != "UTC" else f"{local:%H:%M:%S} UTC"
