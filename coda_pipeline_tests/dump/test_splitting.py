"""Lines without a quote are split, not parsed: their cells are those of the csv module all the same."""

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.dump.csv_form import csv_tables
from coda_pipeline.dump.parts import parts_of
from coda_pipeline_tests.dump.files import entry, save

PIECES = ["а", ";", ";", "б;в;г\n", "б;в;г\r\n", " ", "\n", "\r", "\r\n", '"', '"д\n";', "\u2028", "\x0b"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_cells_are_those_of_the_csv_module(tmp_path_factory: Any, below: str) -> None:
    folder = tmp_path_factory.mktemp("splitting")
    save(folder, "раз;два;три\n" + below)
    (table,) = csv_tables(parts_of(folder, "*.csv")[0], entry(delimiter=";"))
    assert table.blocks
    found = [list(cells) for some in table.blocks() for cells in some.rows]
    records = csv.reader(io.StringIO(below, newline=""), delimiter=";")
    assert found == [cells for cells in records if len(cells) == 3 and any(map(str.strip, cells))]
