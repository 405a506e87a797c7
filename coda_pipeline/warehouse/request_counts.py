"""What a run's reads meant for Участие: among the rows that it brought, and what it left to a person."""

from sqlalchemy import Connection, text

_COUNTS = text("""
    select (select count(*) from core.participation_records
             where run_id = :run_id and outcome = 'duplicate' and deleted_at is null) as duplicates,
           (select count(*) from sync.conflicts where run_id = :run_id and outcome is null) as conflicts
""")


def counts_of_run(conn: Connection, run_id: str) -> dict[str, int]:
    """Duplicates among the rows that a run brought, and conflicts that it left to a person."""
    found = conn.execute(_COUNTS, {"run_id": run_id}).one()
    return {"duplicates": found.duplicates, "conflicts": found.conflicts}
