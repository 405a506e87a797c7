"""Every form in which people have a dump, written by the sandbox with the dirt of real exports."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.catalog import Catalog
from coda_pipeline.sandbox.demo_doc import DocContent
from coda_pipeline.sandbox.dump_files import FORMS, DumpForm, write_dump
from coda_pipeline.sync.dump_load import load_dump

YEAR = 2023


@pytest.mark.parametrize("form", FORMS)
def test_a_dump_of_each_form_is_accounted_for_to_the_line(
    form: DumpForm, doc: DocContent, catalog: Catalog, folder: Path, engine: Engine
) -> None:
    written = write_dump(doc, folder, form, name="uchastie-2023", year=YEAR)
    report = load_dump(engine, catalog, YEAR, folder, run_id="test")
    others = sum(count for year, count in written.of_year.items() if year != YEAR)
    assert report.is_accounted_for
    assert (report.input_lines, report.loaded) == (written.lines, written.of_year[YEAR])
    assert (report.other_years, report.rejected) == (others, written.unreadable)
    with engine.connect() as conn:
        rejected = conn.scalar(
            text("select count(*) from raw.participation_dump_rejected where reason <> ''")
        )
        traced = conn.scalar(
            text(
                "select count(*) from raw.participation_dump where starts_with(file_name, 'uchastie-2023')"
                " and length(file_sha256) = 64 and file_size > 0 and line_number > 0 and run_id = 'test'"
            )
        )
    assert rejected == written.unreadable
    assert traced == written.of_year[YEAR]


def test_all_forms_of_text_say_the_same(
    doc: DocContent, catalog: Catalog, tmp_path: Path, engine: Engine
) -> None:
    found = []
    columns = "person_name, role, started_on, ended_on, share"
    for form in ("csv", "tsv", "zip", "xlsx"):
        folder = tmp_path / form
        write_dump(doc, folder, form, name="uchastie-2023", year=YEAR)  # type: ignore[arg-type]
        load_dump(engine, catalog, YEAR, folder, run_id="test")
        with engine.connect() as conn:
            query = f"select {columns} from raw.participation_dump order by {columns}, activity"
            found.append([tuple(row) for row in conn.execute(text(query))])
    assert found[0] == found[1] == found[2] == found[3]
    assert len(found[0]) > 50


def test_row_ids_count_only_where_the_doc_is_the_live_one(
    doc: DocContent, catalog: Catalog, folder: Path, engine: Engine
) -> None:
    write_dump(doc, folder, "json", name="uchastie-2023", year=YEAR)
    load_dump(engine, catalog, YEAR, folder, run_id="test")
    query = text("select count(*), count(row_id), count(activity_row_id) from raw.participation_dump")
    with engine.connect() as conn:
        lines, with_row, with_activity = conn.execute(query).one()
    assert lines == with_row
    assert with_activity > 0
    for page in (folder / "uchastie-2023").iterdir():
        page.write_text(
            page.read_text(encoding="utf-8").replace("HrDemoDoc1", "Copy000001"), encoding="utf-8"
        )
    load_dump(engine, catalog, YEAR, folder, run_id="again")
    with engine.connect() as conn:
        assert tuple(conn.execute(query).one()) == (lines, 0, 0)
