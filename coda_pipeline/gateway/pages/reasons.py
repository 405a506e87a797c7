"""Codes of the sync in HR's words: fields, why a row is a duplicate, why it waits, what is at odds. Pure.

Each says what to do where a person can do something. What no list here knows is said as it is stored.
"""

from coda_pipeline.gateway.words import Lang, Words
from coda_pipeline.sync import dedupe
from coda_pipeline.sync.dump_placing import SAME_LINE

FIELD = {
    "person": Words("Человек", "Person"),
    "activity": Words("Активность", "Activity"),
    "role": Words("Роль", "Role"),
    "started_on": Words("Начало", "From"),
    "ended_on": Words("Окончание", "Until"),
    "share": Words("Доля", "Share"),
    "comment": Words("Комментарий", "Comment"),
    "sync_id": Words("Служебный ключ", "Key of the sync"),
}
DUPLICATE = {
    dedupe.EARLIER_CHANGE: Words(
        "изменена раньше, чем остающаяся", "changed earlier than the one that stays"
    ),
    dedupe.LESS_FILLED: Words(
        "изменена тогда же, но заполнена меньше", "changed at the same time, but less of it is filled in"
    ),
    dedupe.LARGER_ROW_ID: Words("во всём равна остающейся", "equal to the one that stays in everything"),
    dedupe.JOINED: Words(
        "появилась, когда у этого участия уже была строка", "came when this participation already had its row"
    ),
    dedupe.MADE_EQUAL: Words(
        "её исправили так, что она совпала с более старой",
        "it was edited until it was the same as an older one",
    ),
    SAME_LINE: Words("та же строка ещё раз в выгрузке", "the same line once more in the dump"),
}
# Why, where a row is the duplicate for that reason, the other one stays.
STAYS = {
    dedupe.EARLIER_CHANGE: Words("изменена позже других", "changed later than the others"),
    dedupe.LESS_FILLED: Words("заполнена полнее", "more of it is filled in"),
    dedupe.LARGER_ROW_ID: Words(
        "во всём равны, взята первая по порядку", "equal in everything; the first in order"
    ),
    dedupe.JOINED: Words("была строкой этого участия раньше", "was the row of this participation before"),
    dedupe.MADE_EQUAL: Words("запись старше", "the older record"),
}
OP = {
    "create": Words("Добавить строку", "Add a row"),
    "update": Words("Изменить строку", "Change a row"),
    "delete": Words("Удалить строку", "Delete a row"),
    "key": Words("Записать служебный ключ", "Fill in the key"),
}
HOLD = {
    "deletion": Words(
        "Удаление отправляется только с вашего согласия.", "A deletion is sent only with your word."
    ),
    "guard": Words(
        "Изменений необычно много, поэтому они ждут вашего согласия.",
        "There are unusually many changes, so they wait for your word.",
    ),
    "mapping": Words(
        "Столбцы таблицы настроены заново: посмотрите, всё ли на своих местах, и одобрите один раз.",
        "The columns were mapped anew: see that everything is in its place, and approve it once.",
    ),
    "keys": Words("Служебные ключи записываются после согласия.", "Keys are filled in once you agree."),
    "discarded": Words("Отклонено: в Coda не попадёт.", "Discarded: it will not reach Coda."),
    "rejected": Words(
        "Coda не приняла эту строку: см. «Не принято».", "Coda did not take this row: see “Not taken”."
    ),
    "conflict": Words(
        "Об этой строке есть разногласие: решите его на странице «Разногласия».",
        "There is a disagreement about this row: settle it under “Disagreements”.",
    ),
    "in_flight": Words("Прежнее изменение ещё доходит до Coda.", "What was sent before has not arrived yet."),
    "no_column": Words(
        "Для этого поля не указан столбец в Coda.", "No column in Coda is named for this field."
    ),
    "no_key_column": Words(
        "В таблице Coda нет столбца для служебного ключа. Сообщите администратору.",
        "The table in Coda has no column for the key. Tell the administrator.",
    ),
    "calculated": Words(
        "В Coda это поле вычисляется формулой, записать в него нельзя.",
        "In Coda a formula makes this field; it cannot be written.",
    ),
    "person_unknown": Words(
        "Такого человека нет среди пользователей документа. Поправьте запись или добавьте человека в "
        "документ.",
        "The doc knows no such person. Correct the record, or add the person to the doc.",
    ),
    "person_several": Words(
        "Людей с таким именем несколько: укажите почту.", "Several people have this name: give the e-mail."
    ),
    "relation_unknown": Words(
        "Такой активности нет в Coda: заведите её или поправьте название.",
        "Coda has no such activity: add it, or correct the name.",
    ),
    "relation_several": Words(
        "Активностей с таким названием несколько: переименуйте одну из них.",
        "Several activities have this name: rename one of them.",
    ),
    "option_unknown": Words(
        "Такого варианта нет в списке Coda: добавьте его или поправьте запись.",
        "The list in Coda has no such option: add it, or correct the record.",
    ),
    "unreadable_cell": Words(
        "В Coda в этой ячейке что-то неподходящее: исправьте её там.",
        "This cell in Coda holds something that does not fit: correct it there.",
    ),
    "unfit": Words(
        "Значение не подходит к полю: исправьте его.", "The value does not fit the field: correct it."
    ),
    "too_long": Words("Текст слишком длинный для Coda.", "The text is too long for Coda."),
    "vanished": Words(
        "Строка исчезла из Coda вместе со многими: решите на странице «Удаления».",
        "The row vanished from Coda with many others: decide under “Deletions”.",
    ),
}
CONFLICT = {
    "field": Words(
        "Поле изменили и в Coda, и в базе, по-разному.", "Changed both in Coda and here, differently."
    ),
    "deleted_in_coda": Words(
        "Строку удалили в Coda, а в базе тем временем запись изменили.",
        "The row was deleted in Coda, while the record was edited here.",
    ),
    "deleted_here": Words(
        "Запись удалили в базе, а в Coda строку тем временем изменили.",
        "The record was deleted here, while the row was edited in Coda.",
    ),
    # Of what only a dump tells of: see `open_conflicts`.
    "gone_from_dump": Words(
        "В новой выгрузке этой строки больше нет, а в базе запись тем временем изменили.",
        "A new dump no longer has this line, while the record was edited here.",
    ),
    "fragment": Words(
        "Строку удалили в Coda в ту минуту, когда мы её обновляли, и от неё осталась неполная строка.",
        "The row was deleted in Coda just as we updated it, and an incomplete row was left of it.",
    ),
}
CAUSE = {
    "survivor_changed": Words(
        "За это участие теперь отвечает другая строка Coda.", "Another row of Coda stands for it now."
    ),
    "born_on_both_sides": Words("Запись завели и в Coda, и в базе.", "It was added both in Coda and here."),
    "merged": Words("Две записи оказались одной и той же.", "Two records turned out to be the same."),
    "overwritten": Words(
        "Наша запись пришла поверх чьей-то свежей правки.", "What we wrote replaced somebody's fresh edit."
    ),
}
# (Coda's side, the side of the database)
TAKE_CODA = {
    "field": Words("Взять из Coda", "Take Coda's"),
    "deleted_in_coda": Words("Удалить и здесь", "Delete it here too"),
    "gone_from_dump": Words("Удалить и здесь", "Delete it here too"),
    "deleted_here": Words("Вернуть запись, как в Coda", "Bring it back as it is in Coda"),
    "fragment": Words(
        "Удалить запись, неполную строку оставить", "Delete the record, keep the incomplete row"
    ),
}
TAKE_WAREHOUSE = {
    "field": Words("Оставить из базы", "Keep ours"),
    "deleted_in_coda": Words("Создать строку в Coda снова", "Add the row in Coda again"),
    "gone_from_dump": Words("Оставить в базе, в Coda не отправлять", "Keep it here; Coda does not get it"),
    "deleted_here": Words("Удалить и в Coda", "Delete it in Coda too"),
    "fragment": Words(
        "Создать строку снова, неполную удалить", "Add the row again, delete the incomplete one"
    ),
}
READ = {
    "complete": Words("Прочитана целиком", "Read in full"),
    "incremental": Words("Дочитаны изменения", "Changes read"),
    "moved": Words(
        "Прочитана, пока в ней правили; остальное дойдёт со следующим чтением",
        "Read while people were editing; the rest comes with the next read",
    ),
    "short": Words(
        "Прочитана; Coda отдаёт на несколько строк меньше, чем насчитывает",
        "Read; Coda lists a few rows less than it counts",
    ),
    "incomplete": Words(
        "Coda отдала не всё, прежние данные сохранены", "Coda did not give everything; the data is as it was"
    ),
    "TokenError": Words("Coda не приняла ключ доступа", "Coda refused the token"),
    "NotFoundError": Words("Таблица не нашлась в Coda", "Coda does not find the table"),
    "failed": Words("Не получилось, прежние данные сохранены", "It did not work; the data is as it was"),
}
STATE = {
    "queued": Words("в очереди", "waiting"),
    "running": Words("идёт", "under way"),
    "succeeded": Words("готово", "done"),
    "needs_attention": Words("нужно решение", "needs a decision"),
    "failed": Words("не получилось", "failed"),
}
OTHER = {
    "unreadable": Words("не подходит к полю", "does not fit the field"),
    "blank": Words("не заполнено", "not filled in"),
    "fragment": Words(
        "осталась от строки, которую удалили в Coda: см. «Разногласия»",
        "left of a row that was deleted in Coda: see “Disagreements”",
    ),
}
# How the sync begins to say of a fragment what it is (`sync.merging`).
_LEFT = "left by a write"
_KINDS = {
    "field": FIELD,
    "duplicate": DUPLICATE,
    "stays": STAYS,
    "op": OP,
    "hold": HOLD,
    "conflict": CONFLICT,
    "cause": CAUSE,
    "take_coda": TAKE_CODA,
    "take_warehouse": TAKE_WAREHOUSE,
    "state": STATE,
    "unreadable": OTHER,
}
GOOD_READS = frozenset({"complete", "incremental", "moved", "short"})


def reason(kind: str, code: str | None, lang: Lang) -> str:
    """A code in words; "" for none, itself where it is not known."""
    if kind == "unreadable":
        return OTHER["unreadable"].said(lang)
    if kind == "read":
        return READ.get(code or "", READ["failed"]).said(lang) if code else ""
    if kind == "missing":
        return missing(code, lang)
    known = _KINDS[kind].get(code or "")
    if kind == "cause":
        return known.said(lang) if known else ""
    return known.said(lang) if known else code or ""


def missing(stored: str | None, lang: Lang) -> str:
    """Which fields of the key a half-filled row lacks: `role: blank; started_on: no date`."""
    if (stored or "").startswith(_LEFT):
        return OTHER["fragment"].said(lang)
    parts = []
    for part in (stored or "").split("; "):
        name, colon, why = part.partition(": ")
        if name not in FIELD or not colon:
            return stored or ""
        said = OTHER["blank"].said(lang) if why == "blank" else f"{OTHER['unreadable'].said(lang)} ({why})"
        parts.append(f"{FIELD[name].said(lang)}: {said}")
    return "; ".join(parts)
