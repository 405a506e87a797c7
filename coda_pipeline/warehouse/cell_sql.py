"""SQL expressions that read a cell of `values` as a typed value, and that say whether it fits. Pure text.

The functions they call are made by a migration (`0001_cells.sql`) and never raise.
"""

from psycopg import sql

from coda_pipeline.warehouse.view_names import ReadsAs

_VALUE: dict[ReadsAs, str] = {
    "text": "coda.cell_text({cell})",
    "text_list": "coda.cell_text_list({cell})",
    "number": "coda.cell_number({cell})",
    "boolean": "coda.cell_boolean({cell})",
    "date": "coda.cell_date({cell})",
    "moment": "coda.cell_moment({cell})",
    "row_id": "coda.cell_field({cell}, 'rowId')",
    "row_id_list": "coda.cell_field_list({cell}, 'rowId')",
    "email": "coda.cell_field({cell}, 'email')",
    "email_list": "coda.cell_field_list({cell}, 'email')",
}
# A cell is unfit where it is not blank and reads NULL, or is plain text where a rich object should be.
# The usual cell is told by comparisons of the server's own: calling a function for each costs far more.
_TEXT = "({cell} #>> '{{}}')"
_USUAL_DATE = (
    f"translate(left({_TEXT}, 11), '123456789', '000000000') in ('0000-00-00T', '0000-00-00') "
    f"and substr({_TEXT}, 6, 2) between '01' and '12' and substr({_TEXT}, 9, 2) between '01' and '28' "
    f"and {_TEXT} > '0001'"
)
_USUAL_MOMENT = (
    f"{_USUAL_DATE} and translate(substr({_TEXT}, 11), '123456789', '000000000') in "
    "('T00:00:00.000Z', 'T00:00:00.000+00:00', 'T00:00:00.000-00:00') "
    f"and substr({_TEXT}, 12, 2) <= '23' and substr({_TEXT}, 15, 1) <= '5' and substr({_TEXT}, 18, 1) <= '5' "
    f"and substr({_TEXT}, 25, 2) <= '15' and substr({_TEXT}, 28, 1) <= '5'"
)
_NO_OBJECT = "jsonb_typeof({cell}) <> 'object' and coda.cell_field({cell}, '@type') is null"
_NO_OBJECT_IN_LIST = (
    "jsonb_path_exists({cell}, '$[*] ? (@.type() != \"object\")') and "
    "array_position(coda.cell_field_list({cell}, '@type'), null) is not null"
)
_UNREADABLE: dict[ReadsAs, str] = {
    "number": "jsonb_typeof({cell}) <> 'number' "
    "and jsonb_typeof({cell} -> 'amount') is distinct from 'number' and coda.cell_number({cell}) is null",
    "boolean": "jsonb_typeof({cell}) <> 'boolean' and coda.cell_boolean({cell}) is null",
    "date": f"not ({_USUAL_DATE}) and coda.cell_date({{cell}}) is null",
    "moment": f"not ({_USUAL_MOMENT}) and coda.cell_moment({{cell}}) is null",
    "row_id": _NO_OBJECT,
    "email": _NO_OBJECT,
    "row_id_list": _NO_OBJECT_IN_LIST,
    "email_list": _NO_OBJECT_IN_LIST,
}


def literal(value: str) -> str:
    """The value as a quoted text of SQL, without the characters that PostgreSQL cannot hold."""
    return sql.Literal(value.replace("\x00", "\ufffd")).as_string()


def cell_as(column_id: str, reads_as: ReadsAs) -> str:
    """The cell of a row `r`, read as that; NULL where it is blank or does not fit."""
    return _VALUE[reads_as].format(cell=_cell(column_id))


def can_be_unfit(reads_as: ReadsAs) -> bool:
    """Whether there are cells that do not fit: anything can be read as text."""
    return reads_as in _UNREADABLE


def does_not_fit(column_id: str, reads_as: ReadsAs) -> str:
    """The condition that the cell of a row `r` is not blank and does not fit."""
    cell = _cell(column_id)
    return f"{_UNREADABLE[reads_as].format(cell=cell)} and not coda.cell_is_blank({cell})"


def _cell(column_id: str) -> str:
    return f"(r.values -> {literal(column_id)})"
