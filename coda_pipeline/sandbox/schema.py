"""The tables of the demo doc: ids, names and columns, as in the demo catalogue. Rows are in `demo_doc`."""

from datetime import UTC, datetime

from coda_pipeline.sandbox.document import Column, TableMeta

HR_DOC_ID = "HrDemoDoc1"
ARCHIVE_ID = "HrArchive2"
PARTICIPATION = "grid-Uchastie01"
ACTIVE = "table-Active0001"
PEOPLE = "grid-People0001"
PROJECTS = "grid-Projects01"
ROLES = "grid-Roles00001"
ACTIONS = "grid-Actions001"
MADE_AT = datetime(2022, 12, 1, 8, 0, tzinfo=UTC)

PERSON = "c-Person0001"
PROJECT = "c-Project001"
ROLE = "c-Role000001"
START = "c-Start00001"
END = "c-End0000001"
SHARE = "c-Share00001"
NOTE = "c-Note000001"
SYNC_ID = "c-SyncId0001"
DAYS = "c-Days000001"
HOURS = "c-Hours00001"
SALARY = "c-Salary0001"
DONE = "c-Done000001"
TAGS = "c-Tags000001"

FULL_NAME = "c-FullName001"
EMAIL = "c-Email00001"
DEPARTMENT = "c-Dept000001"
PHONE = "c-Phone00001"
PHOTO = "c-Photo00001"

TITLE = "c-Title00001"
LEAD = "c-Lead000001"
STATUS = "c-Status0001"
BUDGET = "c-Budget0001"

ROLE_NAME = "c-RoleName01"

BUTTON = "c-Button0001"
ANSWER = "c-Answer0001"

ROLE_NAMES = (
    "Участник",
    "Аналитик",
    "Менеджер проекта",
    "Разработчик",
    "Тестировщик",
    "Дизайнер",
    "Наставник",
    "Стажёр",
    "Эксперт",
    "Координатор",
    "Куратор",
    "Ведущий, приглашённый",
)
TAG_NAMES = ("удалённо", "частичная занятость", "наставничество", "срочно", "ключевой", "внешний, договор")
PROJECT_STATUSES = ("Планируется", "В работе", "На паузе", "Завершён")

_DATE = (("format", "DD.MM.YYYY"),)
_ROUBLES = (("currencyCode", "RUB"), ("precision", 2), ("format", "currency"))

PARTICIPATION_COLUMNS = (
    Column(PERSON, "Сотрудник", "person", display=True, target_id=PEOPLE),
    Column(PROJECT, "Проект", "lookup", target_id=PROJECTS),
    Column(ROLE, "Роль", "select", options=ROLE_NAMES),
    Column(START, "Дата начала", "date", extras=_DATE),
    Column(END, "Дата окончания", "date", extras=_DATE),
    Column(SHARE, "Доля", "percent", extras=(("precision", 0), ("useThousandsSeparator", False))),
    Column(NOTE, "Комментарий"),
    Column(SYNC_ID, "Ключ синхронизации"),
    Column(DAYS, "Дней до конца", "number", formula="[Дата окончания] - Today()", days_until=END),
    Column(HOURS, "Часы", "number", extras=(("precision", 1), ("useThousandsSeparator", True))),
    Column(SALARY, "Оклад", "currency", extras=_ROUBLES),
    Column(DONE, "Подтверждено", "checkbox", extras=(("displayType", "toggle"),)),
    Column(TAGS, "Метки", "select", is_array=True, options=TAG_NAMES),
)
TABLES = (
    TableMeta(PARTICIPATION, "Участие", MADE_AT, PARTICIPATION_COLUMNS, hidden=frozenset((SYNC_ID, DAYS))),
    TableMeta(
        ACTIVE,
        "Участие: активные",
        MADE_AT,
        hidden=frozenset((SYNC_ID, SALARY, HOURS, DONE)),
        base_id=PARTICIPATION,
        until=END,
    ),
    TableMeta(
        PEOPLE,
        "Сотрудники",
        MADE_AT,
        (
            Column(FULL_NAME, "ФИО", display=True),
            Column(EMAIL, "E-mail", "email", extras=(("display", "emailOnly"), ("autocomplete", True))),
            Column(DEPARTMENT, "Отдел"),
            Column(PHONE, "Телефон"),
            Column(PHOTO, "Фото", "image"),
        ),
    ),
    TableMeta(
        PROJECTS,
        "Проекты",
        MADE_AT,
        (
            Column(TITLE, "Название", display=True),
            Column(LEAD, "Руководитель", "person", target_id=PEOPLE),
            Column(STATUS, "Статус", "select", options=PROJECT_STATUSES),
            Column(BUDGET, "Бюджет", "currency", extras=_ROUBLES),
        ),
    ),
    TableMeta(ROLES, "Роли", MADE_AT, (Column(ROLE_NAME, "Название", display=True),)),
    TableMeta(
        ACTIONS,
        "Действия",
        MADE_AT,
        (
            Column("c-Action0001", "Действие", display=True),
            Column(BUTTON, "Запустить", "button", extras=(("label", '"Обновить данные"'),)),
            Column("c-Pressed001", "Последний запуск", "dateTime"),
            Column("c-Presses001", "Запусков", "number"),
            Column(ANSWER, "Ответ"),
        ),
    ),
)
ARCHIVE_TABLES = (
    TableMeta("grid-Archive001", "Архив", MADE_AT, (Column("c-Archived01", "Запись", display=True),)),
)
