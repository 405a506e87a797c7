"""Whether anything may be sent to Coda, and why not: said with every plan, asked again before sending.

Three things must agree: the environment, the configuration, and the database being the one that was set up.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from coda_pipeline.catalog import Catalog
from coda_pipeline.warehouse.installation import installation_differences

_CALLED = {
    "system_identifier": "another server",
    "timeline": "restored from a backup",
    "database_oid": "another database of the server",
    "table_oid": "loaded from a dump",
    "data_folder": "another data folder",
}


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether rows may be sent. Each reason says what to do about it."""

    is_allowed: bool
    reasons: tuple[str, ...] = ()


def permission_of(allow_write: bool, catalog: Catalog, conn: Connection) -> Permission:
    """The permission as it stands. `allow_write` is CODA_PIPELINE_ALLOW_WRITE."""
    section = catalog.participation
    is_enabled = section is not None and section.write_back.enabled
    reasons = permission_reasons(
        allow_write=allow_write, is_enabled=is_enabled, differences=installation_differences(conn)
    )
    return Permission(not reasons, reasons)


def permission_reasons(
    *, allow_write: bool, is_enabled: bool, differences: tuple[str, ...]
) -> tuple[str, ...]:
    """Why nothing may be sent, one sentence each; none where it may."""
    reasons = []
    if not allow_write:
        reasons.append("CODA_PIPELINE_ALLOW_WRITE is not set to 1.")
    if not is_enabled:
        reasons.append("participation.write_back.enabled is not true in the configuration.")
    if differences:
        reasons.append(
            f"This database is not the one that was set up ({differences_in_words(differences)}): it may be "
            "a copy, and the original may be writing too. If this is the one that should write from now on: "
            "`coda-pipeline adopt`."
        )
    return tuple(reasons)


def differences_in_words(differences: tuple[str, ...]) -> str:
    """In what a database is not the one that was set up, for people."""
    return ", ".join(_CALLED.get(name, name) for name in differences)
