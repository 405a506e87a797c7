"""What Coda's API answers, as frozen values.

Only what the project uses is typed; fields and types that are not known are tolerated and dropped here,
except in `Row.values`, which keeps every cell as received. No HTTP (see `client`), no judgement (see
`sync`). Source of the shapes: reference/coda-api.md section 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# A cell in the `rich` form: a scalar, a rich object, or a list of those (one nested level).
Cell = object


@dataclass(frozen=True, slots=True)
class User:
    """Who a token acts as. `login_id` is the e-mail: the rate budget is counted by it."""

    login_id: str
    name: str
    scoped: bool


@dataclass(frozen=True, slots=True)
class Doc:
    """A doc as `getDoc` and `listDocs` show it."""

    id: str
    name: str
    browser_link: str
    over_api_size_limit: bool = False
    updated_at: str = ""


@dataclass(frozen=True, slots=True)
class TableRef:
    """A table or view as it is listed. `parent_id` is the base table of a view."""

    id: str
    name: str
    table_type: str
    browser_link: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its row count, as of the snapshot that answered."""

    id: str
    name: str
    table_type: str
    browser_link: str
    row_count: int
    display_column_id: str | None = None
    parent_id: str | None = None
    parent_name: str | None = None

    @property
    def is_view(self) -> bool:
        """A view shows only some rows and columns, so it is never read as a table."""
        return self.table_type == "view"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` is `format.type`; `format` keeps the rest of it as received."""

    id: str
    name: str
    type: str
    is_array: bool
    calculated: bool = False
    display: bool = False
    format: Mapping[str, object] = field(default_factory=dict, repr=False, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A row in the `rich` form. `values` is by column id; times are the service's ISO 8601 texts.

    The row's name and its cells may be personal data: they never show in a repr.
    """

    id: str
    browser_link: str
    created_at: str
    updated_at: str
    values: Mapping[str, Cell] = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class RowPage:
    """One page of rows. `next_sync_token` starts the next delta; only the first page's one misses nothing."""

    rows: tuple[Row, ...] = field(repr=False)
    next_sync_token: str | None


@dataclass(frozen=True, slots=True)
class MutationStatus:
    """How far a write has come. There is no failed state: read back to know."""

    completed: bool
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A write that was accepted (202), not yet applied. `row_ids` only where the service gives them."""

    request_id: str
    row_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResolvedLink:
    """What a browser link leads to. `type` is doc, table, row, page and so on; ids are in the API's form."""

    type: str
    id: str
    name: str | None
    doc_id: str | None
    table_id: str | None
