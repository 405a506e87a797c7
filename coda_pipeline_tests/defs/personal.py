"""The personal data of the sandbox's doc, and whether a text holds any of it."""

import re
from collections.abc import Iterator

from coda_pipeline.sandbox import schema
from coda_pipeline.sandbox.cells import Person
from coda_pipeline.sandbox.server import SandboxServer

# Shorter texts, such as a comment that says "ok", are found anywhere.
MIN_CHARS = 8
PERSONAL_COLUMNS = {schema.FULL_NAME, schema.EMAIL, schema.PHONE, schema.NOTE, schema.PERSON}
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")


def personal_texts(sandbox: SandboxServer) -> set[str]:
    """Names, e-mails, telephones and comments of everyone in the doc."""
    return {text.strip() for text in _texts(sandbox) if len(text.strip()) >= MIN_CHARS}


def readable(stored: str) -> str:
    r"""A stored text with its letters as letters, however often JSON turned them into \u0418."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), stored)


def _texts(sandbox: SandboxServer) -> Iterator[str]:
    for table in (schema.PEOPLE, schema.PARTICIPATION):
        for row_id in sandbox.hr.row_ids(table):
            for column, cell in sandbox.hr.row(row_id, table).items():
                if column not in PERSONAL_COLUMNS:
                    continue
                for part in cell if isinstance(cell, tuple) else (cell,):
                    if isinstance(part, Person):
                        yield from filter(None, (part.name, part.email))
                    else:
                        yield str(part)
