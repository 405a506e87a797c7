"""What the description of the API says in many places: problem answers, and texts that the database takes."""

from typing import Annotated, Any

from fastapi import Header
from pydantic import AfterValidator, BaseModel, ConfigDict

from coda_pipeline.gateway.problems import MEDIA_TYPE


class Problem(BaseModel):
    """RFC 9457: what was refused and why, in the caller's language; `code` is for programs."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    code: str
    detail: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of an endpoint, and those that any may answer with."""
    every = sorted({*statuses, 400, 408, 413, 503, 504})
    return {
        status: {"description": "Problem", "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
        for status in every
    }


def _storable(value: str) -> str:
    """PostgreSQL stores no NUL, and UTF-8 has no lone half of a pair."""
    if "\x00" in value:
        message = "holds a NUL character"
        raise ValueError(message)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        message = "is not valid Unicode"
        raise ValueError(message) from None
    return value


Text = Annotated[str, AfterValidator(_storable)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key again is answered by what the first call made.",
    ),
]
