"""The three value formats, cell by cell."""

from dataclasses import replace

from coda_pipeline.sandbox.cells import Image, Link, Styled
from coda_pipeline.sandbox.config import SandboxConfig, Switches
from coda_pipeline.sandbox.schema import (
    DAYS,
    DONE,
    END,
    HOURS,
    NOTE,
    PARTICIPATION_COLUMNS,
    PEOPLE,
    PERSON,
    PHOTO,
    PROJECT,
    ROLE,
    SALARY,
    SHARE,
    START,
    SYNC_ID,
    TAGS,
)
from coda_pipeline.sandbox.server import SandboxServer
from coda_pipeline_tests.sandbox.api import Api

EMPTY = SandboxConfig(content="empty", rates=None)


def test_the_three_formats(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_participation(
        "Анна Орлова",
        "anna@example.com",
        project="Обучение",
        role="Аналитик",
        started_on="2024-03-02",
        ended_on="2026-09-11",
        share=0.5,
        comment="a, «b»\nc",
        **{HOURS: 7.5, SALARY: 120000, DONE: True, TAGS: ["срочно", "ключевой"]},
    )
    sandbox.settle()
    project_id = sandbox.hr.project("Обучение")
    common = {
        START: "2024-03-02T00:00:00.000+03:00",
        END: "2026-09-11T00:00:00.000+03:00",
        SHARE: 0.5,
        SYNC_ID: "",
        DAYS: 10,
        HOURS: 7.5,
        DONE: True,
    }
    assert api.values(row, valueFormat="simple") == common | {
        PERSON: "Анна Орлова",
        PROJECT: "Обучение",
        ROLE: "Аналитик",
        NOTE: "a, «b»\nc",
        SALARY: "₽120,000.00",
        TAGS: "срочно,ключевой",
    }
    assert api.values(row, valueFormat="simpleWithArrays") == common | {
        PERSON: "Анна Орлова",
        PROJECT: ["Обучение"],
        ROLE: "Аналитик",
        NOTE: "a, «b»\nc",
        SALARY: "₽120,000.00",
        TAGS: ["срочно", "ключевой"],
    }
    rich = api.values(row)
    assert isinstance(rich[PERSON].pop("userId"), int)
    assert rich == common | {
        PERSON: {
            "@context": "http://schema.org/",
            "@type": "Person",
            "name": "Анна Орлова",
            "email": "anna@example.com",
        },
        PROJECT: {
            "@context": "http://schema.org/",
            "@type": "StructuredValue",
            "additionalType": "row",
            "name": "Обучение",
            "rowId": project_id,
            "url": f"https://coda.io/d/_dHrDemoDoc1#_tugrid-Projects01/_ru{project_id}",
            "tableId": "grid-Projects01",
            "tableUrl": "https://coda.io/d/_dHrDemoDoc1#_tugrid-Projects01",
        },
        ROLE: "```Аналитик```",
        NOTE: "```a, «b»\nc```",
        SALARY: {
            "@context": "http://schema.org/",
            "@type": "MonetaryAmount",
            "currency": "RUB",
            "amount": 120000,
        },
        TAGS: ["```срочно```", "```ключевой```"],
    }


def test_a_blank_cell_is_an_empty_text_or_list_and_never_missing(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_row()
    sandbox.settle()
    blanks = {column.id: "" for column in PARTICIPATION_COLUMNS}
    assert api.values(row, valueFormat="simple") == blanks
    assert api.values(row, valueFormat="simpleWithArrays") == blanks | {TAGS: []}
    assert api.values(row) == blanks | {TAGS: []}


def test_odd_cells_in_rich_form(sandbox: SandboxServer, api: Api) -> None:
    link = sandbox.hr.add_column("Ссылка", "link")
    row = sandbox.hr.add_participation(
        "Без почты",
        **{
            HOURS: "по факту",
            PROJECT: "нет такого проекта",
            NOTE: Styled("**Важно**"),
            link: Link("Резюме", "https://example.com/cv"),
        },
    )
    sandbox.settle()
    values = api.values(row)
    assert values[PERSON] == {"@context": "http://schema.org/", "@type": "Person", "name": "Без почты"}
    assert values[HOURS] == "```по факту```"
    assert values[PROJECT] == "```нет такого проекта```"
    assert values[NOTE] == "**Важно**"
    assert values[link]["@type"] == "WebPage"
    assert api.values(row, valueFormat="simple")[link] == "https://example.com/cv"


def test_the_address_of_a_picture_changes_by_the_hour(sandbox: SandboxServer, api: Api) -> None:
    row = sandbox.hr.add_row({PHOTO: (Image("a.png", "https://codahosted.io/a.png"),)}, PEOPLE)
    sandbox.settle()
    path = f"{api.doc}/tables/{PEOPLE}/rows/{row}"
    before = api.get(path, valueFormat="rich")
    sandbox.clock.advance(3600)
    after = api.get(path, valueFormat="rich")
    assert before["values"][PHOTO][0]["url"] != after["values"][PHOTO][0]["url"]
    assert before["updatedAt"] == after["updatedAt"]


def test_switches_decide_what_nobody_knows() -> None:
    switches = Switches(percent_scale=100, amount_as_text=True, lookup_in_array=False, joined_by=", ")
    with SandboxServer(replace(EMPTY, switches=switches)) as sandbox, Api(sandbox) as api:
        row = sandbox.hr.add_participation(
            project="Обучение", share=0.5, **{SALARY: 10, TAGS: ["срочно", "ключевой"]}
        )
        sandbox.settle()
        assert api.values(row)[SHARE] == 50
        assert api.values(row)[SALARY]["amount"] == "10"
        assert api.values(row, valueFormat="simpleWithArrays")[PROJECT] == "Обучение"
        assert api.values(row, valueFormat="simple")[TAGS] == "срочно, ключевой"
