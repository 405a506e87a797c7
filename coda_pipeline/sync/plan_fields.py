"""One field of one row: what would be sent for it, or why it waits. Pure.

Here the mapping, the column and the value meet; how people, relations and options are found is in
`plan_matching`, everything else in `plan_cells`.
"""

from dataclasses import dataclass

from coda_pipeline.sync.model import Value
from coda_pipeline.sync.normalize import is_blank, same
from coda_pipeline.sync.plan_cells import Sending, blank_cell, day_cell, share_cell
from coda_pipeline.sync.plan_inputs import Column, PlanRules
from coda_pipeline.sync.plan_matching import Matching
from coda_pipeline.sync.plan_model import SYNC_ID, Hold, HoldCode
from coda_pipeline.sync.same_meaning import same_meaning

BUTTON = "button"


@dataclass(frozen=True, slots=True)
class FieldPlanner:
    """The rules of one source with its directory turned round, made once per plan."""

    rules: PlanRules
    matching: Matching

    @property
    def key_column(self) -> Column | None:
        """The column that takes our key; None where none is mapped, it is gone, or it is calculated."""
        column = self.rules.columns.get(self.rules.source.fields.sync_id or "")
        return None if column is None or _is_read_only(column) else column

    def column_of(self, name: str) -> Column | Hold:
        """The column that a mapped field is written to, or why it cannot be."""
        column_id = self.rules.source.fields.column_of(name) or ""
        column = self.rules.columns.get(column_id)
        if column is None:
            says = f"{name}: the table has no column {column_id} any more; map the field to another one"
            return Hold(HoldCode.NO_COLUMN, says, name)
        if _is_read_only(column):
            says = f"{name}: column {column_id} is calculated, and Coda takes no value; map another one"
            return Hold(HoldCode.CALCULATED, says, name)
        return column

    def sending(self, name: str, value: Value) -> Sending | Hold:
        """What would be sent to bring a mapped field to a value."""
        column = self.column_of(name)
        if isinstance(column, Hold):
            return column
        if not is_blank(value):
            return self._filled(name, value, column)
        if name in self.rules.natural_key:
            return Hold(HoldCode.UNFIT, f"{name}: a part of the natural key is blank; fill it in", name)
        return Sending(blank_cell(column), None)

    def stands_already(self, name: str, meaning: Value, read: Value) -> bool:
        """Whether Coda shows that meaning already. A share to all its digits: what it shows is not all."""
        column = self.column_of(name)
        if name == "share" or isinstance(column, Hold):
            return same(meaning, read)
        return same_meaning(name, meaning, read, column)

    def _filled(self, name: str, value: Value, column: Column) -> Sending | Hold:
        if name == "person":
            return self.matching.person(name, value, column)
        if name == "activity":
            return self.matching.activity(name, value, column)
        if name in ("started_on", "ended_on"):
            return day_cell(name, value, column)
        if name == "share":
            return share_cell(name, value, column, percent_scale=self.rules.source.percent_scale)
        return self.matching.text(name, value, column)


def no_key_hold(rules: PlanRules) -> Hold:
    """Why a row cannot be created: without our key in it a repeat would double it."""
    column_id = rules.source.fields.sync_id
    if column_id is None:
        reason = "no column is mapped to it"
    elif column_id in rules.columns:
        reason = f"column {column_id} is calculated"
    else:
        reason = f"the table has no column {column_id} any more"
    says = f"{SYNC_ID}: a new row must hold our key, and {reason}; map a text column to it"
    return Hold(HoldCode.NO_KEY_COLUMN, says, SYNC_ID)


def _is_read_only(column: Column) -> bool:
    return column.calculated or column.type == BUTTON
