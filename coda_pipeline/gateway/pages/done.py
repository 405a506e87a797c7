"""What a person reads after a form was taken, in Russian and English. Pure.

The address of the page names the outcome and a number, so nothing but these texts can be said by it.
"""

from typing import NamedTuple

from coda_pipeline.gateway.words import Lang


class Done(NamedTuple):
    """What a person reads after a form was taken; `is_bad`: it came to nothing."""

    ru: str
    en: str
    is_bad: bool = False

    def said(self, lang: Lang, **values: object) -> str:
        """The text with its values."""
        return (self.ru if lang == "ru" else self.en).format(**values)


DONE: dict[str, Done] = {
    "pressed": Done("Запрос принят.", "The request is taken."),
    "signed_out": Done("Вы вышли.", "You are signed out."),
    "settled": Done(
        "Решено. Со следующим обновлением обе стороны совпадут.",
        "Settled. Both sides will agree after the next sync.",
    ),
    "not_open": Done(
        "Это разногласие уже решено кем-то ещё или отпало.",
        "This one was settled meanwhile, or has gone.",
        is_bad=True,
    ),
    "unfit_value": Done(
        "Такое значение к полю не подходит. Ничего не изменено.",
        "This value does not fit the field. Nothing was changed.",
        is_bad=True,
    ),
    "edited": Done(
        "Запись только что изменили. Посмотрите ещё раз и повторите.",
        "The record was edited at this very moment. Look again and repeat.",
        is_bad=True,
    ),
    "confirmed": Done("Удалено строк: {n}.", "Rows deleted: {n}."),
    "ignored": Done("Оставлено строк: {n}.", "Rows kept: {n}."),
    "nothing_picked": Done(
        "Ничего не отмечено, поэтому ничего не изменено.",
        "Nothing was picked, so nothing was changed.",
        is_bad=True,
    ),
    "approved": Done(
        "Одобрено строк: {n}. Они уйдут при ближайшей отправке.",
        "Rows approved: {n}. They go with the next sending.",
    ),
    "discarded": Done("Отклонено строк: {n}.", "Rows discarded: {n}."),
    "mapping_approved": Done("Новая настройка столбцов одобрена.", "The new mapping is approved."),
    "plan_replaced": Done(
        "Список тем временем обновился. Посмотрите на новый: ничего не изменено.",
        "The list was made anew meanwhile. Look at the new one: nothing was changed.",
        is_bad=True,
    ),
    "tested": Done("Подключение проверено.", "The connection was tested."),
    "connected": Done("Команда подключена.", "The team is connected."),
    "not_begun": Done(
        "Это подключение начато не здесь, уже завершено или длилось дольше десяти минут. "
        "Нажмите кнопку ещё раз.",
        "This connection was not begun here, is over, or took more than ten minutes. Press the button again.",
        is_bad=True,
    ),
    "not_granted": Done(
        "CODING не дал разрешения. Нажмите кнопку ещё раз и согласитесь на доступ.",
        "CODING gave no permission. Press the button again and agree to the access.",
        is_bad=True,
    ),
    "other_team": Done(
        "CODING ответил от имени другой команды, поэтому ничего не сохранено. Войдите в CODING в нужную "
        "команду и нажмите кнопку ещё раз.",
        "CODING answered for another team, so nothing was kept. Sign in to the right team in CODING and "
        "press the button again.",
        is_bad=True,
    ),
    "coding_away": Done(
        "CODING сейчас не отвечает. Попробуйте через несколько минут.",
        "CODING does not respond right now. Try again in some minutes.",
        is_bad=True,
    ),
    "not_ready": Done(
        "Подключать кнопкой пока нельзя: чего не хватает, сказано ниже.",
        "Connecting by the button is not possible yet; what is missing is said below.",
        is_bad=True,
    ),
    "tried_again": Done("Будет отправлено ещё раз, строк: {n}.", "Rows to be sent again: {n}."),
}
