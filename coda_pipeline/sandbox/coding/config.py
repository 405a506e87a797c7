"""What the CODING sandbox can be told: its team, its tokens, and a switch for each fact that nobody knows.

The defaults are the harsher reading of each uncertain fact, so that a client that works here does not depend
on luck. Sections named are those of the fact sheet on CODING's API.
"""

from dataclasses import dataclass, field
from typing import Literal

from coda_pipeline.sandbox.config import Rate

DEFAULT_TOKEN = "coding-sandbox-token"  # noqa: S105 - opens nothing but the sandbox
DEFAULT_SECRET = "coding-sandbox-secret"  # noqa: S105
CLIENT_ID = "coding-sandbox-app"
CLIENT_SECRET = "coding-sandbox-app-secret"  # noqa: S105
TEAM = "demo-team"
PROJECT = "demo-project"
USER = "user:profile:ro"
PROFILE = "project:profile:ro"
ISSUES = "collaboration:issue:ro"
MEMBERS = "project:member:ro"
HOOKS = "service-hook:profile:rw"
ALL_SCOPES = frozenset((USER, PROFILE, ISSUES, MEMBERS, HOOKS, "write"))
PER_INTERFACE = Rate(30, 1)
Scheme = Literal["token", "bearer", "basic"]


@dataclass(frozen=True)
class CodingToken:
    """A token of a user, or of a project (`user:password`, sent as Basic)."""

    token: str = field(repr=False)
    scopes: frozenset[str] = ALL_SCOPES
    schemes: frozenset[Scheme] = frozenset(("token", "bearer"))
    # A project token sees its own project only.
    project: str | None = None


@dataclass(frozen=True)
class CodingSwitches:
    """One switch per fact marked UNCERTAIN or `[I]` in the fact sheet."""

    # 3.2: what `Offset` counts; `page_param`: it is ignored, and `Page` counts.
    offset_mode: Literal["row", "page", "page_param"] = "page"
    # 3.2: the wrapper of the list of iterations.
    data_key: Literal["Data", "data"] = "Data"
    # 3.1: page number 0.
    page_zero: Literal["first", "error"] = "error"
    # 3.1: whether UPDATED_AT honours a time of day; else a request with one is refused.
    time_in_ranges: bool = False
    # 3.1: issues with equal sort keys come in another order on each page.
    shuffled_ties: bool = True
    # 1: over the limit.
    limit_answer: Literal["error", "429"] = "error"
    # 1: an expired or revoked token; the four forms.
    expired_as: Literal["auth_failure", "not_found", "user_not_found", "empty_message"] = "not_found"
    # 1: an unknown issue, iteration or project.
    unknown_as: Literal["not_found", "invalid", "invalid_in_chinese"] = "not_found"
    # 1: a token without the scope of a table.
    no_scope_as: Literal["invalid", "unauthorized"] = "invalid"
    # 5: the header of the signature and its algorithm.
    signature_header: str = "X-Coding-Signature"
    algorithm: Literal["sha1", "sha256"] = "sha1"
    # 5: how often a failed delivery is sent again.
    hook_retries: int = 0
    # 5: an assignee event carries the issue's times as of before the change.
    stale_assignee_times: bool = True
    # 5: what a deletion's body holds.
    deleted_body: Literal["full", "key_only"] = "key_only"
    # 4: whether an iteration's UpdatedAt moves with its counts.
    counts_touch_iteration: bool = False
    # 2: whether a refresh answers with another refresh token.
    new_refresh_token: bool = True


@dataclass(frozen=True)
class CodingConfig:
    """A CODING sandbox. `content` is a small project of every kind of issue, or an empty project."""

    team: str = TEAM
    project: str = PROJECT
    content: Literal["demo", "empty"] = "demo"
    # More issues than the demo's own, for volume.
    extra_issues: int = 0
    seed: int = 2028
    tokens: tuple[CodingToken, ...] = (CodingToken(DEFAULT_TOKEN),)
    # Per interface, for the whole team (section 1); None for no limit.
    rate: Rate | None = PER_INTERFACE
    switches: CodingSwitches = CodingSwitches()
    client_id: str = CLIENT_ID
    client_secret: str = field(default=CLIENT_SECRET, repr=False)
