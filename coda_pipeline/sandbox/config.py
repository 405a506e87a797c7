"""What a sandbox can be told: size, time, users, limits, and a switch for each fact that nobody knows.

The defaults are the harsher reading of each uncertain fact, so that a client that works here does not depend
on luck. Sections named are those of the fact sheet on Coda's API.
"""

from dataclasses import dataclass, field
from typing import Literal

DEFAULT_TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but the sandbox
Operation = Literal["read", "write"]


@dataclass(frozen=True)
class Scope:
    """A doc or one of its tables, and what a restricted token may do there (section 1)."""

    doc_id: str
    table_id: str | None = None
    operations: frozenset[Operation] = frozenset(("read", "write"))


@dataclass(frozen=True)
class TokenSpec:
    """A token of a user. Two tokens with one login share the user's rate budget."""

    token: str = field(repr=False)
    login: str = "hr.sync@example.com"
    name: str = "Служба кадров"
    token_name: str = "sandbox"  # noqa: S105
    scopes: tuple[Scope, ...] = ()
    # Docs that the user was given; None is every doc of the sandbox but the archive.
    docs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Rate:
    """So many requests in any window of so many seconds."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Rates:
    """The four classes (section 3), per user. Row writes as staff say it, 3, not 5 as the pages say."""

    read: Rate = Rate(100, 6)
    write: Rate = Rate(10, 6)
    row_write: Rate = Rate(3, 10)
    doc_listing: Rate = Rate(4, 6)
    retry_after: bool = False
    count_refused: bool = False


@dataclass(frozen=True)
class Switches:
    """One switch per fact marked `[?]` or `[I]` in the fact sheet."""

    # 6.1: what a page token points to while rows come and go: a place in the list, a row, or a kept list.
    paging: Literal["offset", "keyset", "frozen"] = "offset"
    # 6.1: a columns limit above 100.
    columns_over_limit: Literal["refuse", "clamp"] = "refuse"
    # 6.2: which page's snapshot nextSyncToken stands for. The first page's token is safe either way.
    sync_token_of: Literal["first_page", "each_page"] = "each_page"  # noqa: S105
    # 6.2: whether a changed calculated value puts its row into a delta.
    calculated_in_delta: bool = False
    # 2: a doc that the user has no access to.
    no_access_status: Literal[403, 404] = 403
    # 4: `warning: null` on mutationStatus was seen live, though the spec has no null there.
    warning_null: bool = True
    # 4: `completed` once applied to the live doc, or only once reads show it.
    completed_when: Literal["applied", "readable"] = "applied"
    early_404_s: float = 0.0
    # 6.3: a single relation in simpleWithArrays.
    lookup_in_array: bool = True
    # 6.3: comma with or without a space between joined values.
    joined_by: str = ","
    # 6.3: 50 % is 0.5 or 50.
    percent_scale: int = 1
    # 6.3: MonetaryAmount.amount may be a text.
    amount_as_text: bool = False
    # Hosted images carry a signed address that changes by the hour.
    volatile_image_urls: bool = True
    # 7: two rows of one upsert with the same new key.
    same_key_twice: Literal["two_rows", "one_row"] = "two_rows"
    # 7: a row of an upsert that lacks a key cell.
    missing_key_cell: Literal["refuse", "blank"] = "refuse"


@dataclass(frozen=True)
class SandboxConfig:
    """A sandbox. `content` is the HR doc with `rows` rows of Участие, or the same tables without a row."""

    rows: int = 4000
    seed: int = 2023
    content: Literal["demo", "empty"] = "demo"
    tokens: tuple[TokenSpec, ...] = (TokenSpec(DEFAULT_TOKEN),)
    time_zone: str = "Europe/Moscow"
    snapshot_lag_s: float = 30.0
    write_delay_s: float = 10.0
    max_page_rows: int = 500
    rates: Rates | None = Rates()
    switches: Switches = Switches()
    # The host that links carry; None is the sandbox's own. A client must not follow it with its token.
    link_base: str | None = None
    max_body_bytes: int = 2 * 1024 * 1024
    max_row_kb: int = 85
