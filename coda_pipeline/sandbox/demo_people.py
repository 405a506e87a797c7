"""Invented people and projects of the demo doc. Every address is under example.com or example.org."""
# ruff: noqa: PLR2004, E501 - odds, and lists that read best as lists

import random
from dataclasses import dataclass

from coda_pipeline.sandbox.cells import Person

SURNAMES = (
    "Абрамов", "Алексеев", "Богданов", "Воробьёв", "Гаврилов", "Громов", "Денисов", "Ёлкин", "Журавлёв", "Зайцев",
    "Иванов", "Калинин", "Киселёв", "Ковалёв", "Крылов", "Лебедев", "Макаров", "Медведев", "Никитин", "Орлов",
    "Павлов", "Петров", "Рябов", "Савельев", "Семёнов", "Соколов", "Тарасов", "Третьяков", "Федотов", "Фомин",
    "Харитонов", "Цветков", "Чернов", "Шилов", "Щукин", "Юдин", "Яшин", "Берёзов", "Королёв", "Муравьёв",
)  # fmt: skip
MEN = (
    "Александр", "Алексей", "Андрей", "Артём", "Борис", "Виктор", "Глеб", "Дмитрий", "Егор", "Иван", "Кирилл",
    "Лев", "Максим", "Никита", "Олег", "Пётр", "Роман", "Семён", "Тимофей", "Фёдор",
)  # fmt: skip
WOMEN = (
    "Алёна", "Алиса", "Анна", "Валерия", "Вера", "Галина", "Дарья", "Екатерина", "Жанна", "Зоя", "Ирина",
    "Ксения", "Любовь", "Мария", "Надежда", "Ольга", "Полина", "Светлана", "Татьяна", "Юлия",
)  # fmt: skip
DEPARTMENTS = (
    "Разработка", "Аналитика", "Продажи", "Служба кадров", "Бухгалтерия", "Поддержка", "Дизайн", "Логистика",
)  # fmt: skip
PROJECT_TITLES = (
    "Обучение",
    "Обучение",
    "Адаптация новичков",
    "Корпоративный портал",
    "Переезд в новый офис",
    "Проект «Север», этап 2",
    "Интеграция с 1С",
    "Внедрение CRM",
    "Склад 2.0",
    "Мобильное приложение",
    "Летний интенсив ☀️",
    "Хакатон 🚀",
    "Аудит, безопасность и риски",
    'Клуб "Наставник"',
    "Сайт для клиентов",
    "Отчётность",
    "Бережливое производство",
    "Кадровый резерв",
    "Чат-бот поддержки",
    "День открытых дверей",
    "Охрана труда",
    "Наука и вузы",
    "Юбилей компании 🎉",
    "Благотворительность",
    "Оценка 360°",
    "Единая витрина данных",
    "Программа лояльности",
    "Импортозамещение",
    "Логистика: «последняя миля»",
    "Школа руководителей",
)
LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f h ts ch sh sch - y - e yu ya".replace("-", "").split(
            " "
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class Employee:
    """A person with a department."""

    person: Person
    department: str


def employees(count: int, dice: random.Random) -> tuple[Employee, ...]:
    """Different people, though every twentieth has a namesake."""
    found: list[Employee] = []
    names_used: set[str] = set()
    while len(found) < count:
        name = _name(dice)
        is_namesake = len(found) % 20 == 19
        if is_namesake:
            name = found[-1 - dice.randrange(min(len(found), 15))].person.name
        elif name in names_used:
            name = f"{name} {_patronymic(dice, is_woman=name.endswith(('а', 'я')))}"
        names_used.add(name)
        domain = "example.org" if dice.random() < 0.1 else "example.com"
        address = f"{transliterated(name.split()[0])}.{len(found) + 1}@{domain}"
        found.append(Employee(Person(name, address), dice.choice(DEPARTMENTS)))
    return tuple(found)


def transliterated(text: str) -> str:
    """Russian letters in Latin ones, lower case."""
    return "".join(LETTERS.get(letter, letter) for letter in text.lower())


def project_titles(count: int) -> tuple[str, ...]:
    """Titles; the first two are alike, the later ones numbered."""
    extra = tuple(f"Направление № {number}" for number in range(1, max(0, count - len(PROJECT_TITLES)) + 1))
    return (PROJECT_TITLES + extra)[:count]


def _name(dice: random.Random) -> str:
    surname = dice.choice(SURNAMES)
    if dice.random() < 0.5:
        return f"{surname}а {dice.choice(WOMEN)}"
    return f"{surname} {dice.choice(MEN)}"


def _patronymic(dice: random.Random, *, is_woman: bool) -> str:
    stem = dice.choice(
        ("Александров", "Борисов", "Викторов", "Иванов", "Олегов", "Петров", "Романов", "Фёдоров")
    )
    return stem + ("на" if is_woman else "ич")
