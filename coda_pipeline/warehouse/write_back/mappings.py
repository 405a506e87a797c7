"""Which mapping of a source may be written with: the first ever seen, then those that a person approved."""

from datetime import datetime

from sqlalchemy import Connection, text

FIRST = "first mapping"

_NOTE = text("""
    insert into sync.approved_mappings as m (source_table, fingerprint, approved_by, approved_at)
    values (:source, :fingerprint, :by, :now)
    on conflict (source_table) do update
       set fingerprint = excluded.fingerprint, approved_by = excluded.approved_by,
           approved_at = excluded.approved_at
     where m.fingerprint <> excluded.fingerprint
""")


def approved_mapping(conn: Connection, source: str) -> str | None:
    """The fingerprint with which rows of this source may be written, None before the first plan."""
    return conn.scalar(
        text("select fingerprint from sync.approved_mappings where source_table = :source"),
        {"source": source},
    )


def approve_mapping(conn: Connection, source: str, fingerprint: str, *, by: str, now: datetime) -> bool:
    """Let rows of this source be written with this mapping; whether that is news. A decision like others."""
    is_news = _note(conn, source, fingerprint, by, now)
    if is_news:
        conn.execute(
            text(
                "insert into sync.plan_decisions (digest, is_approved, decided_by, decided_at)"
                " values (:digest, true, :by, :now)"
            ),
            {"digest": f"mapping {source} {fingerprint}", "by": by, "now": now},
        )
    return is_news


def note_first_mapping(conn: Connection, source: str, fingerprint: str, *, now: datetime) -> None:
    """Let the first mapping ever seen be written with; a later one waits for a person."""
    if approved_mapping(conn, source) is None:
        _note(conn, source, fingerprint, FIRST, now)


def _note(conn: Connection, source: str, fingerprint: str, by: str, now: datetime) -> bool:
    values = {"source": source, "fingerprint": fingerprint, "by": by, "now": now}
    return conn.execute(_NOTE, values).rowcount > 0
