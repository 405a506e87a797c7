"""SQL that names a table of the catalogue: identifiers are put in here, values are always parameters."""

import re

from sqlalchemy import TextClause, text

_NAME = re.compile(r"[a-z0-9_]{1,50}")


def raw_table(name: str) -> str:
    """`raw.coda_<name>`, ready to stand in a statement. Raises ValueError for what cannot be a name."""
    if not _NAME.fullmatch(name):
        message = f"{name!r} is not the name of a table: expected lower-case letters, digits and _"
        raise ValueError(message)
    return f"raw.coda_{name}"


def on_table(template: str, name: str) -> TextClause:
    """The statement with `{raw}` put in for the table of that name."""
    return text(template.replace("{raw}", raw_table(name)))
