"""Участие as the API shows and takes it. Values are the columns of `core.participation`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from coda_pipeline.gateway.openapi import Text
from coda_pipeline.gateway.sync_state import SyncState
from coda_pipeline.gateway.words import Lang

# A cell of Coda holds no more either.
MAX_TEXT_CHARS = 40_000
MAX_EXTERNAL_ID_CHARS = 500

Long = Annotated[Text, Field(max_length=MAX_TEXT_CHARS)]
Short = Annotated[Text, Field(max_length=1000)]
ExternalId = Annotated[Text, Field(min_length=1, max_length=MAX_EXTERNAL_ID_CHARS)]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=30, decimal_places=20, allow_inf_nan=False)]
ShownShare = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


class Change(BaseModel):
    """Fields to write; those left out stay as they are."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    person_name: Short | None = None
    person_email: Short | None = None
    activity: Short | None = None
    activity_row_id: Short | None = None
    role: Short | None = None
    started_on: date | None = None
    ended_on: date | None = None
    share: Share | None = None
    comment: Long | None = None

    def given(self) -> dict[str, object]:
        """The fields that the caller named, with their values."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class New(Change):
    """A new participation; what the natural key needs has to be there."""

    external_id: ExternalId | None = None


class Filters(BaseModel):
    """Which participations to list. Texts are compared without case and spelling of ё."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    after: Annotated[UUID | None, Field(description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    person_email: Short | None = None
    person_name: Short | None = None
    activity: Short | None = None
    activity_row_id: Short | None = None
    role: Short | None = None
    year: Annotated[int, Field(ge=1, le=9999)] | None = None
    updated_since: AwareDatetime | None = None
    # Asked for by whoever wants refusals in Russian.
    lang: Lang | None = None


class SyncShown(BaseModel):
    """How a participation stands towards Coda, why, and where its row is."""

    state: SyncState
    reason: str | None
    coda_url: str | None


class Shown(BaseModel):
    """One participation. `version` is its ETag."""

    participation_id: UUID
    version: int
    external_id: str | None
    coda_row_id: str | None
    source_table: str | None
    person_name: str | None
    person_email: str | None
    activity: str | None
    activity_row_id: str | None
    role: str | None
    started_on: date | None
    ended_on: date | None
    share: ShownShare | None
    comment: str | None
    source: Literal["coda", "dump", "warehouse"]
    year: int | None
    created_at: datetime
    updated_at: datetime
    sync: SyncShown


class Page(BaseModel):
    """One page; `next` goes into `after` for the one behind it, null on the last."""

    items: list[Shown]
    next: UUID | None


class Changed(BaseModel):
    """One change: of a live participation with its values as they are now, or the end of one.

    `merged` names its survivor in `merged_into`.
    """

    participation_id: UUID
    kind: Literal["written", "deleted", "merged"]
    version: int
    changed_at: datetime
    merged_into: UUID | None
    record: Shown | None


class Changes(BaseModel):
    """Changes since a position. `next` goes into `after`, also when there was nothing new."""

    items: list[Changed]
    next: str
    more: bool
