"""Selecting rows that meet any of several criteria, each by its own index."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from coda_pipeline.warehouse.core.driver import fetch

Criteria = Mapping[str, Collection[Any] | None]


def select_any(conn: Connection, query: str, key: str, criteria: Criteria) -> list[tuple[Any, ...]]:
    """The rows of `query` whose `key` one of the criteria finds, each once; without any criterion, all.

    A criterion is a query for keys with one parameter, and the values for it: None leaves it out, none find
    nothing.
    """
    given = {found: list(values) for found, values in criteria.items() if values is not None}
    if not given:
        return fetch(conn, query)
    wanted = {found: values for found, values in given.items() if values}
    if not wanted:
        return []
    return fetch(conn, f"{query} where {key} in ({' union '.join(wanted)})", list(wanted.values()))
