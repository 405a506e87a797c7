"""People, relations and options against what the doc knows: exactly one match is sent, anything else waits.

Coda refuses nothing: an e-mail, a name or an option that it does not know stays in the cell as literal text
(reference/coda-api.md section 7). So each is matched here before it is sent. Pure; a `Hold` names the field
and never the person. The type of a column is a hint: one that is none of these takes the value as text.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from coda_pipeline.sync.model import Activity, Person, Value
from coda_pipeline.sync.normalize import is_blank, norm
from coda_pipeline.sync.plan_cells import Sending, in_column, text_cell
from coda_pipeline.sync.plan_inputs import Column, Directory
from coda_pipeline.sync.plan_model import Hold, HoldCode

RELATION, SELECT, PEOPLE = "lookup", "select", "person"
TEXT_TYPES = frozenset({"text", "email", "link", "canvas"})


class Matching:
    """A directory with its names turned round, made once per plan."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._by_name: dict[str | None, Mapping[str, list[str]]] = {}

    def person(self, name: str, value: Value, column: Column) -> Sending | Hold:
        """A person: the e-mail in a person column, the row in a relation, the name in a list or a text."""
        if not isinstance(value, Person):
            return Hold(HoldCode.UNFIT, f"{name}: the value is no person; correct it here", name)
        if column.type == RELATION:
            return self._related_person(name, value, column)
        if column.type == SELECT:
            found = self._option(name, value.name or value.email or "", column)
            return found if isinstance(found, Hold) else Sending(found.cell, value)
        if column.type in TEXT_TYPES:
            return self._person_as_text(name, value, column)
        return self._known_person(name, value, column)

    def activity(self, name: str, value: Value, column: Column) -> Sending | Hold:
        """An activity: the row id in a relation, the name in a list or a text."""
        if not isinstance(value, Activity):
            return Hold(HoldCode.UNFIT, f"{name}: the value is no activity; correct it here", name)
        if column.type == RELATION:
            return self._related_activity(name, value, column)
        if is_blank(value.name):
            says = f"{name}: only a row id is known, and the column holds no relation; give its name"
            return Hold(HoldCode.RELATION_UNKNOWN, says, name)
        found = self.text(name, value.name, column)
        return found if isinstance(found, Hold) else Sending(found.cell, value)

    def text(self, name: str, value: Value, column: Column) -> Sending | Hold:
        """Any other text: the row of that name in a relation, the option in a list, else as typed."""
        if not isinstance(value, str) or column.type not in (RELATION, SELECT):
            return text_cell(name, value, column)
        match = self._option if column.type == SELECT else self._row_named
        found = match(name, value, column)
        if not (isinstance(found, Hold) and column.is_array and "," in value):
            return found
        # Several values in one cell read as one text, joined by commas.
        parts = [match(name, part.strip(), column) for part in value.split(",")]
        sent = [part.cell for part in parts if isinstance(part, Sending)]
        if len(sent) < len(parts):
            return found
        return Sending([one for cell in sent if isinstance(cell, list) for one in cell], value)

    def _known_person(self, name: str, value: Person, column: Column) -> Sending | Hold:
        if value.email and not is_blank(value.email):
            if norm(value.email) in self._directory.emails:
                return Sending(in_column(value.email.strip(), column), value)
            return _unknown_person(name)
        emails = self._directory.names.get(norm(value.name), frozenset())
        known = sorted(email for email in emails if email)
        if len(known) == 1:
            return Sending(in_column(known[0], column), value._replace(email=known[0]))
        if known:
            says = f"{name}: several people of that name are known to the doc; give the e-mail"
            return Hold(HoldCode.PERSON_SEVERAL, says, name)
        if emails and value.name:
            return Sending(in_column(value.name.strip(), column), value)
        return _unknown_person(name)

    def _person_as_text(self, name: str, value: Person, column: Column) -> Sending | Hold:
        """The name, unless it would be read as somebody else's."""
        others = self._directory.names.get(norm(value.name), frozenset()) - {"", norm(value.email)}
        is_by_email = column.type == "email" or is_blank(value.name) or bool(value.email and others)
        shown = value.email if is_by_email else value.name
        if not shown:
            return _unknown_person(name)
        found = text_cell(name, shown.strip(), column)
        return found if isinstance(found, Hold) else Sending(found.cell, value)

    def _related_person(self, name: str, value: Person, column: Column) -> Sending | Hold:
        rows = self._rows_named(value.name, column) or self._rows_named(value.email, column)
        if len(rows) == 1:
            return Sending(in_column(rows[0], column), value)
        if rows:
            says = f"{name}: several rows of the table of people have that name; rename one in Coda"
            return Hold(HoldCode.PERSON_SEVERAL, says, name)
        return _unknown_person(name)

    def _related_activity(self, name: str, value: Activity, column: Column) -> Sending | Hold:
        if not value.row_id:
            found = self._row_named(name, value.name or "", column)
            if isinstance(found, Hold):
                return found
            row_id = found.cell[0] if isinstance(found.cell, list) else found.cell
            return Sending(found.cell, value._replace(row_id=str(row_id)))
        if any(value.row_id in rows for rows in self._targets(column)):
            return Sending(in_column(value.row_id, column), value)
        says = f"{name}: the doc has no such row to relate to, or its table is not read; choose another"
        return Hold(HoldCode.RELATION_UNKNOWN, says, name)

    def _row_named(self, name: str, shown: str, column: Column) -> Sending | Hold:
        rows = self._rows_named(shown, column)
        if len(rows) == 1:
            return Sending(in_column(rows[0], column), shown)
        if rows:
            says = f"{name}: several rows of that name can be related to; give the row id"
            return Hold(HoldCode.RELATION_SEVERAL, says, name)
        says = f"{name}: no row of that name is known in the related table; add it in Coda, or read its table"
        return Hold(HoldCode.RELATION_UNKNOWN, says, name)

    def _option(self, name: str, shown: str, column: Column) -> Sending | Hold:
        """One of a fixed list. Spelled exactly, it is that option; otherwise exactly one must be alike."""
        if column.options is None or shown in column.options:
            return text_cell(name, shown, column)
        alike = [option for option in column.options if norm(option) == norm(shown)]
        if len(alike) == 1:
            return Sending(in_column(alike[0], column), alike[0])
        number = "several options" if alike else "none of the options"
        says = f"{name}: the value matches {number} of the list; add the option in Coda, or choose another"
        return Hold(HoldCode.OPTION_UNKNOWN, says, name)

    def _targets(self, column: Column) -> Iterable[Mapping[str, str]]:
        """Where a relation leads: its table, or any, where Coda does not tell."""
        rows = self._directory.rows
        return [rows.get(column.target_table_id, {})] if column.target_table_id else rows.values()

    def _rows_named(self, shown: str | None, column: Column) -> list[str]:
        if is_blank(shown):
            return []
        by_name = self._by_name.get(column.target_table_id)
        if by_name is None:
            by_name = self._by_name[column.target_table_id] = _turned_round(self._targets(column))
        return by_name.get(norm(shown), [])


def _unknown_person(name: str) -> Hold:
    says = f"{name}: the doc knows no such person; share the doc with them, or correct the e-mail here"
    return Hold(HoldCode.PERSON_UNKNOWN, says, name)


def _turned_round(tables: Iterable[Mapping[str, str]]) -> Mapping[str, list[str]]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for rows in tables:
        for row_id, shown in sorted(rows.items()):
            by_name[norm(shown)].append(row_id)
    return by_name
