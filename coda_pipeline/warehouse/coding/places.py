"""Which CODING tables there are, and where a record of one belongs: team, project, table, id.

The one thing to know: an id is the code of an issue or an iteration, or the id of a member; only together
with team and project does it name a record.
"""

from dataclasses import dataclass
from enum import StrEnum


class Table(StrEnum):
    """A table of CODING, by the name of its view in schema `coding`."""

    ISSUES = "issues"
    ITERATIONS = "iterations"
    MEMBERS = "project_members"

    @property
    def raw(self) -> str:
        """The table that holds its records as received."""
        return f"raw.coding_{self}"

    @property
    def key(self) -> str:
        """The column that tells the records of one project apart."""
        return "member_id" if self is Table.MEMBERS else "code"

    @property
    def view(self) -> str:
        """What analysts read; its name in the list of held deletions too."""
        return f"coding.{self}"


@dataclass(frozen=True, slots=True)
class Place:
    """One project of one team."""

    team: str
    project: str

    def __str__(self) -> str:
        """As messages name it."""
        return f"{self.team}/{self.project}"

    def row_id(self, record_id: int) -> str:
        """The name of one record in the list of held deletions."""
        return f"{self}/{record_id}"


def table_of_view(name: str) -> Table | None:
    """The table with that view, None where it is not one of CODING."""
    return next((table for table in Table if table.view == name), None)
