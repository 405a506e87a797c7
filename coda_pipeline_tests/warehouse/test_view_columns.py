"""Every column of Coda has a column in the view, however many there are and whatever their names."""

from sqlalchemy import Engine

from coda_pipeline_tests.warehouse.samples import LATER, ask, fact, learn, typed_columns_of


def test_three_hundred_columns_with_two_names_each_fit(engine: Engine) -> None:
    learn(
        engine,
        [
            fact(f"c-{n}", "Очень длинное имя колонки, одно на всех, без различий", "person")
            for n in range(300)
        ],
    )
    names = typed_columns_of(engine)
    assert len(set(names)) == 600
    assert all(len(name.encode()) <= 63 for name in names)


def test_a_table_wider_than_any_view_keeps_its_values(engine: Engine) -> None:
    learn(engine, [fact(f"c-{n}", f"К{n}", "person") for n in range(900)])
    assert len(typed_columns_of(engine)) == 1500
    learn(engine, [fact(f"c-{n}", f"К{n}", "person") for n in range(901)], now=LATER)


def test_odd_names_all_become_columns(engine: Engine) -> None:
    odd = [
        "",
        "  ",
        "select",
        "User",
        "2023",
        "row_id",
        "A",
        "a",
        "№",
        "x'y\"z; drop",
        "%s :x {y}",
        "\x00нуль",
        "👍",
    ]
    learn(engine, [fact(f"c-{n}'{{}}", name) for n, name in enumerate(odd)])
    assert typed_columns_of(engine) == [
        *(
            "unnamed",
            "unnamed_2",
            "select_",
            "user_",
            "_2023",
            "row_id_2",
            "a",
            "a_2",
            "unnamed_3",
            "x_y_z_drop",
        ),
        *("s_x_y", "нуль", "unnamed_4"),
    ]
    assert ask(engine, f"select {', '.join(typed_columns_of(engine))} from coda.participation") == []
