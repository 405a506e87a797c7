"""What a person decides on a page is done, once, in their name, and only on what they saw."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from coda_pipeline.sync.conflicts import settle
from coda_pipeline.sync.plan_model import Hold, HoldCode, Op
from coda_pipeline.warehouse.write_back.decisions import last_decision
from coda_pipeline_tests.gateway_pages.scene import DELETION, UNKNOWN, Browser, Scene, row, some_rows

SETTLED = "select outcome, closed_by from sync.conflicts where conflict_id = :id"
SHARE = "select share from core.participation where coda_row_id = 'c-1'"
WORDS = "select digest, is_approved, decided_by from sync.plan_decisions order by decision_id"
MAPPING = Hold(HoldCode.MAPPING, "the mapping changed, and waits to be approved once")


def test_a_conflict_shows_all_three_values(hr: Browser, scene: Scene) -> None:
    scene.conflict()
    page = hr.get("/conflicts").text
    assert re.findall(r"<dd>([^<]*)</dd>", page) == ["100 %", "50 %", "80 %"]


@pytest.mark.parametrize(
    ("fields", "outcome", "share"),
    [
        ({"take": "coda"}, "coda", "0.8"),
        ({"take": "warehouse"}, "warehouse", "0.5"),
        ({"take": "value", "value": "65,5"}, "value", "0.655"),
    ],
)
def test_a_click_settles_a_conflict(
    fields: dict, outcome: str, share: str, hr: Browser, scene: Scene
) -> None:
    conflict = scene.conflict()
    assert "Решено" in hr.submit("/conflicts", {"conflict": conflict, **fields}).text
    assert scene.table.select(SETTLED, id=conflict) == [(outcome, "Анна из HR")]
    scene.sync()
    assert scene.table.select(SHARE) == [(Decimal(share),)]
    assert "Разногласий нет." in hr.get("/conflicts").text


@pytest.mark.parametrize("value", ["", "много", "101", "-1", "NaN", "1e999", "coda", "warehouse"])
def test_a_value_that_does_not_fit_changes_nothing(value: str, hr: Browser, scene: Scene) -> None:
    conflict = scene.conflict()
    answer = hr.submit("/conflicts", {"conflict": conflict, "take": "value", "value": value})
    assert "не подходит" in answer.text
    assert scene.table.select(SETTLED, id=conflict) == [(None, None)]


@pytest.mark.parametrize("number", ["0", "999999", "x", "", "1; drop table sync.conflicts", "9" * 30])
def test_a_conflict_that_is_not_open_is_told(number: str, hr: Browser, scene: Scene) -> None:
    conflict = scene.conflict()
    assert "уже решено" in hr.submit("/conflicts", {"conflict": number, "take": "coda"}).text
    assert scene.table.select(SETTLED, id=conflict) == [(None, None)]


def test_who_comes_second_is_told_that_it_is_settled(hr: Browser, scene: Scene, engine: Engine) -> None:
    conflict = scene.conflict()
    hr.get("/conflicts")
    key = re.findall(r'name="form_key" value="(\w+)"', hr.get("/conflicts").text)[0]
    settle(engine, conflict, "warehouse", by="другой")
    answer = hr.post("/conflicts", {"form_key": key, "conflict": conflict, "take": "coda"})
    assert "уже решено" in answer.text
    assert scene.table.select(SETTLED, id=conflict) == [("warehouse", "другой")]


@pytest.mark.parametrize(("take", "live"), [("coda", 0), ("warehouse", 1)])
def test_a_deletion_against_an_edit_is_settled_either_way(
    take: str, live: int, hr: Browser, scene: Scene
) -> None:
    conflict = scene.deleted_in_coda()
    page = hr.get("/conflicts").text
    assert "Строку удалили в Coda" in page
    assert "<mark>важно</mark>" in page
    assert "Открыть в Coda" not in page
    hr.submit("/conflicts", {"conflict": conflict, "take": take})
    scene.sync()
    assert len(scene.table.live()) == live


@pytest.mark.parametrize("kind", ["deleted_here", "fragment"])
@pytest.mark.parametrize("take", ["coda", "warehouse"])
def test_every_kind_of_conflict_is_told_and_settled(kind: str, take: str, hr: Browser, scene: Scene) -> None:
    conflict = getattr(scene, kind)()
    page = hr.get("/conflicts").text
    assert {"deleted_here": "Запись удалили в базе", "fragment": "неполная строка"}[kind] in page
    assert "Решено" in hr.submit("/conflicts", {"conflict": conflict, "take": take}).text
    assert scene.table.select(SETTLED, id=conflict) == [(take, "Анна из HR")]


def test_a_value_is_not_taken_where_a_whole_row_is_in_question(hr: Browser, scene: Scene) -> None:
    conflict = scene.deleted_in_coda()
    answer = hr.submit("/conflicts", {"conflict": conflict, "take": "value", "value": "что-то"})
    assert "не подходит" in answer.text
    assert scene.table.select(SETTLED, id=conflict) == [(None, None)]


def live_rows(scene: Scene) -> set[str]:
    query = "select row_id from raw.coda_participation where deleted_at is null and row_id like 'v-%'"
    return {row_id for (row_id,) in scene.table.select(query)}


def held_rows(scene: Scene) -> dict[str, str]:
    return dict(scene.table.select("select row_id, state from sync.held_deletions"))  # type: ignore[arg-type]


def test_picked_rows_are_deleted_and_the_others_stay_held(hr: Browser, scene: Scene) -> None:
    scene.read()
    scene.held(3)
    assert "Роль 1" in hr.get("/deletions").text
    answer = hr.submit(
        "/deletions", {"table": "participation", "act": "confirm", "row": ["v-0", "v-1"]}, "/deletions"
    )
    assert "Удалено строк: 2." in answer.text
    assert live_rows(scene) == {"v-2"}
    assert held_rows(scene) == {"v-2": "held"}
    ended = (
        "select distinct ended_by_run from raw.row_history where row_id like 'v-%' and ended_as = 'deleted'"
    )
    assert scene.table.select(ended) == [("confirmed by Анна из HR",)]


def test_rows_that_are_kept_leave_the_list_in_a_persons_name(hr: Browser, scene: Scene) -> None:
    scene.read()
    scene.held(2)
    answer = hr.submit("/deletions", {"table": "participation", "act": "ignore", "row": "v-0"})
    assert "Оставлено строк: 1." in answer.text
    kept = scene.table.select("select row_id, decided_by from sync.held_deletions where state = 'ignored'")
    assert kept == [("v-0", "Анна из HR")]
    assert live_rows(scene) == {"v-0", "v-1"}


def test_all_at_once_are_those_that_were_held_when_the_person_looked(hr: Browser, scene: Scene) -> None:
    scene.read()
    scene.held(2)
    page = hr.get("/deletions").text
    key = re.findall(r'name="form_key" value="(\w+)"', page)[0]
    until = re.findall(r'name="until" value="([^"]+)"', page)[0]
    scene.table.execute(
        "insert into sync.held_deletions (table_name, row_id, held_at) values ('participation', 'later', "
        "now())"
    )
    fields = {"form_key": key, "table": "participation", "until": until, "act": "confirm"}
    assert "Ничего не отмечено" in hr.post("/deletions", fields).text
    assert "Удалено строк: 2." in hr.post("/deletions", {**fields, "sure": "yes"}).text
    assert held_rows(scene) == {"later": "held"}


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "confirm"},
        {"act": "drop", "row": "v-0"},
        {"row": "v-0"},
        {"act": "confirm", "until": "yesterday", "sure": "yes"},
        {"act": "confirm", "until": "2999-01-01", "sure": "yes"},
    ],
)
def test_where_nothing_was_picked_nothing_is_deleted(fields: dict, hr: Browser, scene: Scene) -> None:
    scene.read()
    scene.held(1)
    assert "Ничего не отмечено" in hr.submit("/deletions", {"table": "participation", **fields}).text
    assert held_rows(scene) == {"v-0": "held"}


def test_rows_of_other_tables_are_told_by_their_first_cells(hr: Browser, scene: Scene) -> None:
    scene.read()
    scene.put("v-9", person=("Зоя Белая", "zoya@example.org"), activity=("Адаптация", "i-9"))
    scene.table.execute(
        "insert into sync.held_deletions (table_name, row_id, held_at) values ('participation', 'v-9', now())"
    )
    scene.table.execute(
        "insert into sync.columns (table_name, column_id, name, type, is_array, calculated, position, "
        "format, excluded,"
        " accepted_name, accepted_type, accepted_is_array, first_seen_at, last_seen_at)"
        " values ('participation', 'c-a', 'Проект', 'lookup', false, false, 1, '{}', false, 'Проект', "
        "'lookup', false,"
        " now(), now())"
    )
    assert "Адаптация" in hr.get("/deletions").text


def test_a_plan_shows_before_and_after_and_why_rows_wait(hr: Browser, scene: Scene) -> None:
    number = scene.planned(*some_rows())
    assert f'href="/plans/{number}"' in hr.get("/plans").text
    page = hr.get(f"/plans/{number}").text
    assert re.search(
        r"<del>.*?Наставник</del>\s*<span[^>]*>→</span>\s*<ins>.*?Куратор</ins>", page, re.DOTALL
    )
    assert "Удаление отправляется только с вашего согласия." in page
    assert "Такого человека нет среди пользователей документа." in page
    assert page.index("ждёт") < page.index("уйдёт")


def test_one_row_is_approved_and_another_discarded(hr: Browser, scene: Scene, engine: Engine) -> None:
    number = scene.planned(*some_rows())
    path = f"/plans/{number}"
    assert "Одобрено строк: 1." in hr.submit(path, {"word": "approve", "digest": "delete-2"}).text
    page = hr.submit(path, {"word": "discard", "digest": "update-1"}).text
    assert "Отклонено строк: 1." in page
    assert "Всё-таки одобрить" in page
    assert scene.table.select(WORDS) == [("delete-2", True, "Анна из HR"), ("update-1", False, "Анна из HR")]
    with engine.connect() as conn:
        assert last_decision(conn) == 2


def test_an_approved_row_waits_no_more(hr: Browser, scene: Scene) -> None:
    number = scene.planned(row(2, Op.DELETE, DELETION, before={"role": "Аналитик"}, after={}))
    page = hr.submit(f"/plans/{number}", {"word": "approve", "digest": "delete-2"}).text
    assert '<span class="state succeeded">уйдёт</span>' in page
    assert "с вашего согласия" not in page


def test_a_row_that_needs_a_correction_cannot_be_approved_away(hr: Browser, scene: Scene) -> None:
    number = scene.planned(row(3, Op.CREATE, UNKNOWN, before={}, after={"role": "Слушатель"}))
    page = hr.get(f"/plans/{number}").text
    assert 'value="approve" aria-describedby' not in page
    page = hr.submit(f"/plans/{number}", {"word": "approve", "digest": "create-3"}).text
    assert '<span class="state needs_attention">ждёт</span>' in page


@pytest.mark.parametrize(("word", "is_approved"), [("approve", True), ("discard", False)])
def test_all_rows_are_decided_only_by_one_who_is_sure(
    word: str, is_approved: bool, hr: Browser, scene: Scene
) -> None:
    number = scene.planned(*some_rows())
    assert "Ничего не отмечено" in hr.submit(f"/plans/{number}", {"word": word}).text
    hr.submit(f"/plans/{number}", {"word": word, "sure": "yes"})
    assert {line[1] for line in scene.table.select(WORDS)} == {is_approved}
    assert (
        len(
            scene.table.select("select distinct digest from sync.plan_decisions where digest not like 'map%'")
        )
        == 3
    )


def test_a_plan_that_was_replaced_meanwhile_is_not_decided_on(hr: Browser, scene: Scene) -> None:
    old = scene.planned(*some_rows())
    key = re.findall(r'name="form_key" value="(\w+)"', hr.get(f"/plans/{old}").text)[0]
    scene.planned(row(7))
    answer = hr.post(f"/plans/{old}", {"form_key": key, "word": "approve", "digest": "delete-2"})
    assert "Список тем временем обновился" in answer.text
    assert scene.table.select(WORDS) == []
    assert "Список тем временем обновился" in hr.get(f"/plans/{old}").text


def test_a_new_mapping_is_approved_once_after_a_look(hr: Browser, scene: Scene) -> None:
    scene.table.execute(
        "insert into sync.approved_mappings (source_table, fingerprint, approved_by, approved_at)"
        " values ('participation', 'm0', 'first mapping', now())"
    )
    number = scene.planned(row(1, Op.UPDATE, MAPPING))
    assert "Столбцы таблицы настроены заново" in hr.get(f"/plans/{number}").text
    answer = hr.submit(f"/plans/{number}", {"word": "mapping"})
    assert "Новая настройка столбцов одобрена." in answer.text
    assert "Верно ли" not in answer.text
    assert '<span class="state succeeded">уйдёт</span>' in answer.text
    approved = scene.table.select("select fingerprint, approved_by from sync.approved_mappings")
    assert approved == [("m1", "Анна из HR")]


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "1e3"])
def test_an_address_of_no_plan_is_told_with_a_page(number: str, hr: Browser) -> None:
    answer = hr.get(f"/plans/{number}")
    assert answer.status_code == 404
    assert "Такой страницы нет." in answer.text


def test_a_long_plan_is_shown_in_parts(hr: Browser, scene: Scene) -> None:
    number = scene.planned(*(row(place, after={"role": f"Роль {place}"}) for place in range(1, 121)))
    pages = [hr.get(f"/plans/{number}", params={"page": page}).text for page in (1, 2, 3)]
    assert [page.count('class="card planned"') for page in pages] == [50, 50, 20]
    assert "101–120 из 120" in pages[2]


def test_a_row_that_coda_did_not_take_is_tried_again(hr: Browser, scene: Scene) -> None:
    scene.table.execute(
        "insert into sync.rejected_rows (participation_id, op, source_table, row_id, fields, reason, "
        "digest, rejected_at)"
        " values (gen_random_uuid(), 'update', 'participation', 'i-1', '{role}', 'accepted but not "
        "applied', 'd', now())"
    )
    page = hr.get("/plans").text
    assert "Не принято Coda" in page
    rejected = re.findall(r'name="rejected" value="(\d+)"', page)[0]
    answer = hr.submit("/plans", {"rejected": rejected}, "/rejected")
    assert "Будет отправлено ещё раз, строк: 1." in answer.text
    assert scene.table.select("select closed_by from sync.rejected_rows") == [("Анна из HR",)]


def test_why_nothing_is_sent_is_said_above_the_plans(hr: Browser, scene: Scene) -> None:
    scene.planned(*some_rows(), blocked_by=("complete",))
    page = hr.get("/plans").text
    assert "CODA_PIPELINE_ALLOW_WRITE" in page
    assert "Проверка данных не пройдена (complete)" in page
