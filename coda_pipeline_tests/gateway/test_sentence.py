"""The sentence for HR, golden: what is known, and what stands there then."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.gateway.counted import listing
from coda_pipeline.gateway.sentence import Told, sentence

MOMENT = datetime(2026, 3, 2, 9, 3, 10, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
OWNER = "Coda refused the token of hr.sync@example.com (CODA_API_TOKEN) (401) on GET /docs: it is wrong."

GOLDEN = [
    (
        Told("succeeded", MOMENT, {"inserted": 3, "updated": 2, "duplicates": 1, "read": 900}, zone=MOSCOW),
        "Готово, данные на 12:03:10: 3 новых, 2 изменено, 1 дубль. Правки последней минуты ещё могут прийти.",
        "Done, data as of 12:03:10: 3 new, 2 changed, 1 duplicate. Edits of the last minute may still come.",
    ),
    (
        Told("succeeded", MOMENT, {"inserted": 1, "deleted": 22}, is_settled=True, zone=MOSCOW),
        "Готово, данные на 12:03:10: 1 новая, 22 удалено.",
        "Done, data as of 12:03:10: 1 new, 22 deleted.",
    ),
    (
        Told("succeeded", MOMENT),
        "Готово, данные на 09:03:10 UTC: изменений пока нет. Правки последней минуты ещё могут прийти.",
        "Done, data as of 09:03:10 UTC: no changes so far. Edits of the last minute may still come.",
    ),
    (
        Told("succeeded", MOMENT, is_settled=True),
        "Готово, данные на 09:03:10 UTC: изменений нет.",
        "Done, data as of 09:03:10 UTC: no changes.",
    ),
    (
        Told(
            "needs_attention",
            MOMENT,
            {"updated": 1, "held": 25, "conflicts": 2},
            is_settled=True,
            zone=MOSCOW,
        ),
        (
            "Готово, данные на 12:03:10: 1 изменена. "
            "Нужно ваше решение: 25 удалений ждут подтверждения, 2 разногласия."
        ),
        (
            "Done, data as of 12:03:10: 1 changed. "
            "Needs your decision: 25 deletions wait for confirmation, 2 disagreements."
        ),
    ),
    (Told("queued"), "В очереди, скоро начнётся.", "Waiting its turn; it will start soon."),
    (
        Told("queued", is_stuck=True),
        (
            "В очереди, скоро начнётся. Служба обновления сейчас не отвечает: сообщите администратору. "
            "Запрос сохранён и будет выполнен."
        ),
        (
            "Waiting its turn; it will start soon. The service does not respond right now: tell the "
            "administrator. The request is kept and will run."
        ),
    ),
    (
        Told("queued", attempt=2),
        "Попытка 1 не удалась, скоро будет следующая.",
        "Attempt 1 did not work; another one follows soon.",
    ),
    (Told("running"), "Идёт чтение таблицы.", "The table is being read."),
    (
        Told("failed", error_kind="TokenError", error=OWNER),
        (
            "Не получилось, данные остались прежними. Coda не принимает ключ доступа пользователя "
            "hr.sync@example.com. Его владелец или администратор должен задать новый."
        ),
        (
            "It did not work; the data is as it was. Coda does not accept the token of hr.sync@example.com. "
            "Its owner or the administrator has to set a new one."
        ),
    ),
    (
        Told("failed", error_kind="PageTimeoutError", error="Coda failed on GET /docs/d/tables/t/rows"),
        "Не получилось, данные остались прежними. Coda сейчас не отвечает. Попробуйте через несколько минут.",
        "It did not work; the data is as it was. Coda does not respond right now. Try again in some minutes.",
    ),
    (
        Told("failed", error_kind="UndefinedTable", error="relation x does not exist"),
        "Не получилось, данные остались прежними. Причина записана в журнале. Обратитесь к администратору.",
        "It did not work; the data is as it was. The reason is in the log. Tell the administrator.",
    ),
]


@pytest.mark.parametrize(("told", "russian", "english"), GOLDEN)
def test_the_sentence_says_what_came_of_it(told: Told, russian: str, english: str):
    assert sentence(told, "ru") == russian
    assert sentence(told, "en") == english


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "дубль"),
        (2, "дубля"),
        (5, "дублей"),
        (11, "дублей"),
        (21, "дубль"),
        (112, "дублей"),
        (1004, "дубля"),
    ],
)
def test_russian_numbers_get_their_endings(number: int, words: str):
    assert listing({"duplicates": number}, "ru") == f"{number} {words}"


@given(
    st.sampled_from(["succeeded", "needs_attention"]),
    st.dictionaries(st.sampled_from(["inserted", "updated", "held"]), st.integers(0, 10**6)),
)
def test_it_never_says_that_all_is_there_while_an_edit_may_be_missing(state, counts):
    unsettled = sentence(Told(state, MOMENT, counts), "ru")
    assert unsettled.endswith("Правки последней минуты ещё могут прийти.")
    assert "изменений нет" not in unsettled
