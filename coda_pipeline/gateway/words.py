"""What people read when something went wrong, in Russian and English: what happened, and who can help. Pure.

Texts by code: of refusals of the gateway itself (`PROBLEMS`), and of reads that failed (`REASONS`, by the
name of the error). The sentence about a read that went well is in `sentence`.
"""

import re
from typing import Literal, NamedTuple

Lang = Literal["ru", "en"]
LANGS: tuple[Lang, ...] = ("ru", "en")


class Words(NamedTuple):
    """One text in both languages; `{name}` stands for what the call gives."""

    ru: str
    en: str

    def said(self, lang: Lang, **values: object) -> str:
        """The text with its values."""
        return (self.ru if lang == "ru" else self.en).format(**values)


PROBLEMS: dict[str, Words] = {
    "no_token": Words(
        "Запрос пришёл без ключа доступа. Попросите администратора проверить настройку кнопки.",
        "The call came without a token (Authorization: Bearer ...). Ask the administrator for one.",
    ),
    "wrong_token": Words(
        "Ключ доступа неверен, истёк или отозван. Попросите у администратора новый.",
        "The token is wrong, expired or revoked. Ask the administrator for a new one.",
    ),
    "missing_scope": Words(
        "Этому ключу доступа не разрешено такое действие (нужно право «{scope}»). "
        "Попросите администратора выдать ключ с этим правом.",
        "This token may not do that: it lacks the scope `{scope}`. Ask the administrator for one that has "
        "it.",
    ),
    "too_many": Words(
        "Слишком много запросов подряд. Подождите {seconds} с и нажмите ещё раз.",
        "Too many calls in a row. Wait {seconds} s and try again.",
    ),
    "too_large": Words(
        "Запрос слишком велик: не больше {limit} байт.", "The body is too large: at most {limit} bytes."
    ),
    "too_slow": Words(
        "Запрос передавался слишком долго. Повторите его.", "The body took too long to arrive. Send it again."
    ),
    "not_json": Words(
        "Тело запроса не является объектом JSON. Попросите администратора проверить настройку.",
        "The body is not a JSON object.",
    ),
    "not_a_form": Words(
        "Форма пришла в непонятном виде. Откройте страницу заново.",
        "The form did not arrive as one. Open the page again.",
    ),
    "foreign_form": Words(
        "Форма устарела или пришла не с этой страницы, поэтому ничего не изменено. Откройте страницу заново "
        "и повторите.",
        "The form is out of date or did not come from this page, so nothing was changed. Open the page "
        "again and repeat.",
    ),
    "invalid": Words("Запрос составлен неверно: {what}.", "The call is not right: {what}."),
    "unknown_request": Words(
        "Такого запроса нет. Нажмите кнопку ещё раз.", "There is no such request. Press the button again."
    ),
    "not_found": Words("Такой страницы нет.", "There is nothing at this address."),
    "wrong_method": Words("Так к этому адресу обратиться нельзя.", "This address does not take that method."),
    "no_participation": Words(
        "Нет такой записи об участии: её номер неизвестен.", "There is no such participation."
    ),
    "deleted": Words("Эта запись об участии удалена.", "This participation is deleted."),
    "merged": Words(
        "Эта запись объединена с другой: {existing_id}. Изменяйте ту.",
        "This participation was merged into {existing_id}. Write to that one.",
    ),
    "exists": Words(
        "Такая запись об участии уже есть: {existing_id}. Измените её или укажите, чем новая отличается.",
        "There is such a participation already: {existing_id}. Change that one, or write what differs.",
    ),
    "external_id_taken": Words(
        "Этот внешний номер уже принадлежит записи {existing_id}.",
        "This external_id already belongs to {existing_id}.",
    ),
    "unknown_person": Words(
        "Такого человека нет ни в одной прочитанной таблице ({field}). Проверьте написание "
        "или сначала добавьте его в Coda и нажмите кнопку обновления.",
        "No table that was read knows this person ({field}). Check the spelling, or add them in Coda first "
        "and sync.",
    ),
    "unknown_activity": Words(
        "Такой активности нет ни в одной прочитанной таблице ({field}). Проверьте написание "
        "или сначала добавьте её в Coda и нажмите кнопку обновления.",
        "No table that was read knows this activity ({field}). Check the spelling, or add it in Coda first "
        "and sync.",
    ),
    "missing_field": Words(
        "Не заполнено поле «{field}»: без него запись об участии не определена.",
        "{field} is missing: it is part of what makes a participation.",
    ),
    "unfit": Words(
        "Значение поля «{field}» не подходит: {what}.", "The value of {field} does not fit: {what}."
    ),
    "no_if_match": Words(
        "Не указана версия записи (If-Match). Прочитайте запись ещё раз.",
        "If-Match is missing. Read the participation and send its ETag.",
    ),
    "changed_meanwhile": Words(
        "Запись тем временем изменили. Прочитайте её ещё раз и повторите правку.",
        "The participation was changed meanwhile. Read it again and repeat your change.",
    ),
    "key_reused": Words(
        "Этот Idempotency-Key уже был использован с другим содержанием.",
        "This Idempotency-Key came before with another body.",
    ),
    "doc_not_configured": Words(
        "Документ {doc} не подключён к обновлению. Попросите администратора добавить его в настройки.",
        "The doc {doc} is not configured here. Ask the administrator to add it.",
    ),
    "not_coda_link": Words(
        "row_url не является ссылкой на документ Coda.", "row_url is not a link into a Coda doc."
    ),
    "nothing_to_sync": Words(
        "В настройках нет таблицы «Участие». Обратитесь к администратору.",
        "The configuration has no source of Участие. Tell the administrator.",
    ),
    "feed_restarted": Words(
        "Лента изменений начата заново. Прочитайте список целиком и продолжайте с новой отметки.",
        "The feed started anew, since the database was moved or restored. Read the list again, then go on "
        "from after=latest.",
    ),
    "connection_over": Words(
        "Это подключение уже завершено или длилось дольше десяти минут. Откройте страницу команды и нажмите "
        "кнопку ещё раз.",
        "This connection is over, or took more than ten minutes. Open the page of the team and press the "
        "button again.",
    ),
    "busy": Words(
        "Запись сейчас занята другим изменением. Повторите через несколько секунд.",
        "Another change holds this up. Try again in some seconds.",
    ),
    "no_database": Words(
        "Хранилище данных сейчас недоступно. Попробуйте через минуту; если не поможет, сообщите "
        "администратору.",
        "The database cannot be reached right now. Try again in a minute; if that does not help, tell the "
        "administrator.",
    ),
    "took_too_long": Words(
        "Ответ не успел подготовиться. Повторите запрос.", "The answer took too long. Try again."
    ),
    "defect": Words(
        "Внутренняя ошибка, номер {number}. Сообщите этот номер администратору.",
        "An internal error, number {number}. Tell the administrator this number.",
    ),
}

_OWNER = re.compile(r"\bthe token of (?P<owner>[^\s()]+)")
_ASK = Words("Обратитесь к администратору.", "Tell the administrator.")
REASONS: dict[str, Words] = {
    "TokenError": Words(
        "Coda не принимает ключ доступа{of_owner}. Его владелец или администратор должен задать новый.",
        "Coda does not accept the token{of_owner}. Its owner or the administrator has to set a new one.",
    ),
    "NotFoundError": Words(
        "Coda не находит документ или таблицу: возможно, их удалили или закрыли доступ. " + _ASK.ru,
        "Coda does not find the doc or the table: deleted, or no longer shared. " + _ASK.en,
    ),
    "RateLimitedError": Words(
        "Coda просит подождать: слишком много обращений. Попробуйте через несколько минут.",
        "Coda asks to wait: too many calls. Try again in some minutes.",
    ),
    "ServiceError": Words(
        "Coda сейчас не отвечает. Попробуйте через несколько минут.",
        "Coda does not respond right now. Try again in some minutes.",
    ),
    "BusyError": Words(
        "Сейчас идёт другое обновление. Попробуйте через несколько минут.",
        "Another update is under way. Try again in some minutes.",
    ),
    "IncompleteReadError": Words(
        "Coda отдала таблицу не полностью, поэтому ничего не изменено. Попробуйте через несколько минут.",
        "Coda did not give the whole table, so nothing was changed. Try again in some minutes.",
    ),
    "CheckFailed": Words(
        "Проверка данных не пройдена ({error}). Скорее всего, в таблице изменили столбец. " + _ASK.ru,
        "A check of the data failed ({error}). Most likely a column of the table was changed. " + _ASK.en,
    ),
    "Cancelled": Words(
        "Обновление остановлено вручную. Нажмите кнопку ещё раз.",
        "The update was stopped by hand. Press the button again.",
    ),
    "Died": Words(
        "Обновление прервалось, и повторные попытки не удались. " + _ASK.ru,
        "The update broke off, and so did further attempts. " + _ASK.en,
    ),
}
_OTHER = Words("Причина записана в журнале. " + _ASK.ru, "The reason is in the log. " + _ASK.en)
_SAME_AS = {"PageTimeoutError": "ServiceError"}


def problem_words(code: str, lang: Lang, **values: object) -> str:
    """The text of a refusal."""
    return PROBLEMS[code].said(lang, **values)


def reason_for(kind: str | None, error: str | None, lang: Lang) -> str:
    """Why a read failed and who can help. `error` is the message for administrators, never shown whole."""
    words = REASONS.get(_SAME_AS.get(kind or "", kind or ""), _OTHER)
    owner = token_owner(error)
    of_owner = (f" пользователя {owner}" if lang == "ru" else f" of {owner}") if owner else ""
    return words.said(lang, of_owner=of_owner, error=error or "")


def token_owner(error: str | None) -> str | None:
    """Whose token was refused, as the transport's message names them; None where it names a setting only."""
    found = _OWNER.search(error or "")
    return found["owner"] if found and "@" in found["owner"] else None


def language(asked: str | None, accepted: str | None) -> Lang:
    """The language to answer in: the one asked for, else the one that the caller prefers, else English."""
    by_name: dict[str, Lang] = {lang: lang for lang in LANGS}
    ranked = [part.split(";")[0].strip().lower()[:2] for part in (accepted or "").split(",")]
    for name in (asked, *ranked):
        if name in by_name:
            return by_name[name]
    return "en"
