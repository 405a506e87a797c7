"""What the pages say, in Russian and English. Pure.

Codes of the sync are in `reasons`, what a form came to in `done`, refusals in `gateway.words`, all about
CODING in `coding_words`. `{n}` and the like stand for what the page gives; nothing here is markup.
"""

from coda_pipeline.gateway.pages.coding_words import CODING_PAGES
from coda_pipeline.gateway.words import Lang, Words

PAGES: dict[str, Words] = CODING_PAGES | {
    "brand": Words("Участие", "Участие"),
    "skip": Words("К содержанию", "Skip to content"),
    "menu": Words("Разделы", "Sections"),
    "/": Words("Обзор", "Overview"),
    "/duplicates": Words("Дубли", "Duplicates"),
    "/conflicts": Words("Разногласия", "Disagreements"),
    "/deletions": Words("Удаления", "Deletions"),
    "/plans": Words("Отправка в Coda", "Sending to Coda"),
    "language": Words("Язык", "Language"),
    "lang_ru": Words("Русский", "Русский"),
    "lang_en": Words("English", "English"),
    "sign_in": Words("Вход", "Sign in"),
    "sign_in_button": Words("Войти", "Sign in"),
    "sign_in_says": Words(
        "Вставьте ключ доступа, который вам дал администратор. Он нужен с правом «approve».",
        "Paste the token that the administrator gave you. It needs the scope “approve”.",
    ),
    "token": Words("Ключ доступа", "Token"),
    "sign_out": Words("Выйти", "Sign out"),
    "error": Words("Не получилось", "That did not work"),
    "to_start": Words("К обзору", "To the overview"),
    "back": Words("Назад", "Back"),
    "blank": Words("пусто", "blank"),
    "nameless": Words("без названия", "without a name"),
    "never": Words("ещё не было", "never"),
    "today_at": Words("сегодня, {clock}", "today, {clock}"),
    "in_coda": Words("Открыть в Coda", "Open in Coda"),
    "opens_coda": Words("{what} в Coda", "{what} in Coda"),
    "no_row": Words("нет строки в Coda", "no row in Coda"),
    "zone_note": Words("Время: {zone}", "Times: {zone}"),
    # paging
    "shown": Words("{first}–{last} из {total}", "{first}–{last} of {total}"),
    "earlier": Words("← Предыдущие", "← Previous"),
    "later": Words("Следующие →", "Next →"),
    "paging": Words("Страницы списка", "Pages of the list"),
    # overview
    "press": Words("Обновить сейчас", "Sync now"),
    "press_says": Words(
        "Прочитает «Участие» и связанные таблицы из Coda. Обычно это занимает несколько секунд.",
        "Reads Участие and its tables from Coda. It usually takes some seconds.",
    ),
    "to_decide": Words("Ждёт вашего решения", "Waits for your decision"),
    "nothing_to_decide": Words("Сейчас решать нечего.", "There is nothing to decide now."),
    "n_conflicts": Words("Разногласия: {n}", "Disagreements: {n}"),
    "n_deletions": Words("Исчезнувшие строки: {n}", "Vanished rows: {n}"),
    "n_plan_rows": Words("Изменения для Coda: {n}", "Changes for Coda: {n}"),
    "to_know": Words("К сведению", "Good to know"),
    "n_duplicates": Words("Лишние строки-дубли: {n}", "Surplus duplicate rows: {n}"),
    "n_people": Words("Строки с неясным человеком: {n}", "Rows with an unclear person: {n}"),
    "n_half": Words("Неполные строки: {n}", "Half-filled rows: {n}"),
    "requests": Words("Запросы", "Requests"),
    "no_requests": Words("Кнопку ещё не нажимали.", "Nobody has pressed the button yet."),
    "asked_times": Words("нажатий: {n}", "presses: {n}"),
    "run_link": Words("Ход выполнения", "The run"),
    "refreshing": Words(
        "Страница сама обновится, пока запрос выполняется.",
        "This page reloads while the request is under way.",
    ),
    "tables": Words("Таблицы", "Tables"),
    "no_tables": Words("Ещё ни одна таблица не прочитана.", "No table has been read yet."),
    "table": Words("Таблица", "Table"),
    "last_read": Words("Прочитана", "Last read"),
    "data_as_of": Words("Данные на", "Data as of"),
    "rows": Words("Строк", "Rows"),
    "result": Words("Результат", "Result"),
    "dagster": Words("Панель Dagster", "Dagster"),
    # duplicates
    "tab_groups": Words("Дубли", "Duplicates"),
    "tab_people": Words("Неясные люди", "Unclear people"),
    "tab_half": Words("Неполные строки", "Half-filled rows"),
    "tabs": Words("Списки", "Lists"),
    "groups_say": Words(
        "Одно и то же участие, записанное несколько раз. В отчётах считается только остающаяся строка; "
        "из Coda "
        "ничего не удаляется. Лишние строки удалите в Coda сами, если они не нужны.",
        "The same participation, written down several times. Reports count only the row that stays; "
        "nothing is "
        "deleted in Coda. Delete surplus rows there yourself if nobody needs them.",
    ),
    "no_groups": Words("Дублей нет.", "There are no duplicates."),
    "group_of": Words("строк: {n}", "rows: {n}"),
    "stays": Words("Остаётся", "Stays"),
    "surplus": Words("Дубль", "Duplicate"),
    "why": Words("Почему", "Why"),
    "field": Words("Поле", "Field"),
    "changed_on": Words("Изменена", "Changed"),
    "differs": Words("отличается", "differs"),
    "more_rows": Words("И ещё строк: {n}.", "And more rows: {n}."),
    "stays_dump": Words("из выгрузки прежних лет", "from the dump of earlier years"),
    "stays_here": Words("запись в базе", "the record here"),
    "people_say": Words(
        "Имя без почты, которое носят несколько человек: непонятно, о ком речь. Укажите в Coda человека "
        "с почтой.",
        "A name without an e-mail that several people bear: nobody knows who is meant. Choose the person "
        "with an "
        "e-mail in Coda.",
    ),
    "no_people": Words("Все люди понятны.", "Every person is clear."),
    "could_be": Words("Может быть", "Could be"),
    "half_say": Words(
        "В этих строках не заполнено то, без чего участие не определено. Они не считаются, пока их не "
        "дополнят в "
        "Coda.",
        "These rows lack what makes a participation. They do not count until they are filled in, in Coda.",
    ),
    "no_half": Words("Неполных строк нет.", "There are no half-filled rows."),
    "lacks": Words("Чего нет", "What is missing"),
    "whose": Words("Участие", "Participation"),
    "link": Words("Ссылка", "Link"),
    # conflicts
    "conflicts_say": Words(
        "Одно и то же изменили по-разному в Coda и в базе. Выберите, что верно: выбранное окажется на "
        "обеих сторонах.",
        "The same thing was changed differently in Coda and here. Say which is right: both sides will "
        "have it.",
    ),
    "no_conflicts": Words("Разногласий нет.", "There are no disagreements."),
    "was": Words("Было раньше", "Before"),
    "ours": Words("В базе", "Here"),
    "theirs": Words("В Coda", "In Coda"),
    "own_value": Words("Другое значение", "Another value"),
    "own_share": Words("Другое значение, %", "Another value, %"),
    "own_take": Words("Записать", "Write it"),
    "person_hint": Words("Имя <почта>", "Name <e-mail>"),
    # deletions
    "deletions_say": Words(
        "Эти строки исчезли из Coda сразу в большом числе, поэтому мы их не удалили. Подтвердите, если "
        "их правда "
        "удалили, или оставьте: тогда они останутся у нас и в Coda не вернутся.",
        "These rows vanished from Coda in such numbers that we did not delete them. Confirm if they were "
        "really "
        "deleted, or keep them: then they stay here, and are not put back into Coda.",
    ),
    "no_deletions": Words("Ничего не задержано.", "Nothing is held."),
    "pick": Words("Отметить «{what}»", "Pick “{what}”"),
    "row": Words("Строка", "Row"),
    "held_since": Words("Исчезла", "Vanished"),
    "confirm_picked": Words("Удалить отмеченные", "Delete the picked ones"),
    "ignore_picked": Words("Оставить отмеченные", "Keep the picked ones"),
    "all_of_table": Words("Все {n} сразу", "All {n} at once"),
    "sure_all": Words("Да, все строки таблицы: {n}", "Yes, all rows of the table: {n}"),
    "confirm_all": Words("Удалить все", "Delete all"),
    "ignore_all": Words("Оставить все", "Keep all"),
    "kept_ones": Words("Оставлено раньше: {n}", "Kept earlier: {n}"),
    # plans
    "plans_say": Words(
        "Что изменится в Coda. Строки без пометки «ждёт» уйдут при ближайшей отправке; остальные ждут "
        "вашего слова "
        "или исправления.",
        "What would change in Coda. Rows that do not wait go with the next sending; the others wait for "
        "your word, "
        "or for a correction.",
    ),
    "no_plans": Words(
        "Отправлять нечего: Coda и база совпадают.", "Nothing to send: Coda and the base agree."
    ),
    "nothing_is_sent": Words("Сейчас в Coda ничего не отправляется.", "Nothing is sent to Coda at present."),
    "off_write": Words(
        "Отправка выключена: администратор не разрешил её (CODA_PIPELINE_ALLOW_WRITE).",
        "Sending is off: the administrator has not allowed it (CODA_PIPELINE_ALLOW_WRITE).",
    ),
    "off_config": Words(
        "Отправка выключена в настройках (participation.write_back.enabled).",
        "Sending is off in the configuration (participation.write_back.enabled).",
    ),
    "off_copy": Words(
        "Эта база похожа на копию; чтобы отправлять из неё, администратор должен это подтвердить.",
        "This database looks like a copy; the administrator has to adopt it before it sends.",
    ),
    "blocked": Words(
        "Проверка данных не пройдена ({checks}): пока она не пройдёт, ничего не отправится. Сообщите "
        "администратору.",
        "A check of the data failed ({checks}): nothing is sent until it passes. Tell the administrator.",
    ),
    "plan_changes": Words("Изменения", "Changes"),
    "plan_keys": Words("Служебные ключи", "Keys"),
    "plan_creates": Words("добавить: {n}", "add: {n}"),
    "plan_updates": Words("изменить: {n}", "change: {n}"),
    "plan_deletes": Words("удалить: {n}", "delete: {n}"),
    "plan_fills": Words("записать ключей: {n}", "keys to fill in: {n}"),
    "plan_waiting": Words("ждут: {n}", "waiting: {n}"),
    "made_at": Words("Составлено: {at}", "Made: {at}"),
    "look": Words("Посмотреть", "Look"),
    "waits": Words("ждёт", "waits"),
    "goes": Words("уйдёт", "goes"),
    "discarded": Words("отклонено", "discarded"),
    "approve": Words("Одобрить", "Approve"),
    "discard": Words("Отклонить", "Discard"),
    "take_back": Words("Всё-таки одобрить", "Approve after all"),
    "of_row": Words("строка {what}", "row {what}"),
    "all_rows": Words("Все строки сразу", "All rows at once"),
    "sure_rows": Words("Да, все строки этого списка: {n}", "Yes, all rows of this list: {n}"),
    "approve_all": Words("Одобрить все", "Approve all"),
    "discard_all": Words("Отклонить все", "Discard all"),
    "mapping_says": Words(
        "Столбцы таблицы настроены заново. Посмотрите на строки ниже: верно ли, что куда запишется?",
        "The columns were mapped anew. Look at the rows below: does everything go where it should?",
    ),
    "approve_mapping": Words("Всё на своих местах, одобрить", "It is right, approve"),
    "rejected_title": Words("Не принято Coda", "Not taken by Coda"),
    "rejected_say": Words(
        "Coda не приняла эти строки. Исправьте причину и попробуйте ещё раз.",
        "Coda did not take these rows. Put right what it says, and try again.",
    ),
    "try_again": Words("Попробовать ещё раз", "Try again"),
    "now_is": Words("стало", "becomes"),
    "was_is": Words("было", "was"),
    "whole_row": Words("Вся строка будет удалена. В ней:", "The whole row will be deleted. It holds:"),
}


def say(key: str, lang: Lang, **values: object) -> str:
    """One text of the pages."""
    return PAGES[key].said(lang, **values)
