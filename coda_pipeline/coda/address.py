"""Where things are: paths of the API, and how messages name what is there."""

from urllib.parse import quote


def path(*parts: str) -> str:
    """A path of any ids; names with slashes or spaces are safe."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def table_path(doc_id: str, table_id: str, *parts: str) -> str:
    """A path to or below a table."""
    return path("docs", doc_id, "tables", table_id, *parts)


def table_subject(doc_id: str, table_id: str) -> str:
    """A table as messages name it."""
    return f"table {table_id} in doc {doc_id}"
