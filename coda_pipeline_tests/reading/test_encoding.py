"""From received rows to staged lines; what lands in PostgreSQL is tested with the reads."""

import orjson

from coda_pipeline.coda.models import Row
from coda_pipeline.sync.encoding import encode_rows, unknown_columns
from coda_pipeline.sync.fingerprint import Fingerprint
from coda_pipeline.warehouse.stage import copy_line

BODY = 5


def row(**cells: object) -> Row:
    return Row(
        "i-1", "https://coda.io/d/_dX#_tu1/_ru1", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", cells
    )


def stored(**cells: object) -> dict[str, object]:
    [line] = encode_rows([row(**cells)], Fingerprint())
    return orjson.loads(line.split(b"\t")[BODY].replace(b"\\\\", b"\\"))


def test_every_cell_is_kept_as_received():
    cells = {
        "a": "```x```",
        "b": [1, [2.5]],
        "c": {"@type": "Person", "name": "Ё"},
        "d": False,
        "e": "",
        "f": None,
    }
    assert stored(**cells) == cells


def test_nul_is_replaced_however_deep_it_sits():
    assert stored(a="x\x00y", b=[{"k\x00": ["\x00"]}]) == {"a": "x\ufffdy", "b": [{"k\ufffd": ["\ufffd"]}]}


def test_a_typed_in_backslash_is_not_taken_for_nul():
    assert stored(a="\\u0000") == {"a": "\\u0000"}


def test_tabs_newlines_and_backslashes_cannot_break_a_line():
    line = copy_line(orjson.dumps({"a": "x\ty\n\\z"}), "i\t1", "h", "l\\\n", "", "t")
    assert line == b'i\\t1\th\tl\\\\\\n\t\\N\tt\t{"a":"x\\\\ty\\\\n\\\\\\\\z"}\n'


def test_columns_that_the_list_lacks_are_named():
    assert unknown_columns([row(a=1, b=1), row(a=1, c=1)], frozenset("ad")) == {"b", "c"}
