"""What a person sent by a form, taken only where it came from a page of their own session."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from coda_pipeline.gateway.pages.visitor import Visiting, is_own_form
from coda_pipeline.gateway.problems import ProblemError

FORM_KEY = "form_key"
MAX_FIELDS = 2000
MEDIA_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, each with all its values."""

    fields: Mapping[str, Sequence[str]] = field(repr=False)

    def one(self, name: str) -> str:
        """The value of a field, "" where it was not sent."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> Sequence[str]:
        """All values of a field."""
        return self.fields.get(name, ())


async def read_form(request: Request) -> Form:
    """A form as sent. Raises problems 400 for what is none, and 403 for one sent by another site."""
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        raise ProblemError(403, "foreign_form")
    if request.headers.get("content-type", "").partition(";")[0].strip() != MEDIA_TYPE:
        raise ProblemError(400, "not_a_form")
    fields: defaultdict[str, list[str]] = defaultdict(list)
    try:
        sent = (await request.body()).decode("ascii")
        for name, value in parse_qsl(
            sent, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        ):
            fields[name].append(value.replace("\x00", ""))
    except ValueError:
        raise ProblemError(400, "not_a_form") from None
    return Form(dict(fields))


async def own_form(request: Request, visitor: Visiting) -> Form:
    """A form from a page of the visitor's own session. Raises problem 403 for any other."""
    form = await read_form(request)
    if not is_own_form(visitor, form.one(FORM_KEY)):
        raise ProblemError(403, "foreign_form")
    return form


Sent = Annotated[Form, Depends(own_form)]
