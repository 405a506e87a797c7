"""What was last told of each subject (a job, a check, a process), so that only a change is told, and once.

Telling is the caller's: `changed` claims a change before it is told, so that of two tellers one does;
`take_back` frees it where the telling failed.
"""

from sqlalchemy import Connection, text

# Of a subject never heard of before, only that it failed is news.
_CLAIM = text("""
    insert into ops.alerts as a (subject, state, told_at)
    select :subject, :state, clock_timestamp()
     where :state = 'failed' or exists (select from ops.alerts where subject = :subject)
    on conflict (subject) do update
       set state = excluded.state, changed_at = clock_timestamp(), told_at = clock_timestamp()
     where a.state <> excluded.state
    returning true
""")


def changed(conn: Connection, subject: str, *, failed: bool) -> bool:
    """Whether this is news, which the caller now tells. Commit before telling."""
    return bool(conn.scalar(_CLAIM, {"subject": subject, "state": "failed" if failed else "ok"}))


def take_back(conn: Connection, subject: str, *, failed: bool) -> None:
    """The telling failed: the change will be news again."""
    if failed:
        conn.execute(text("delete from ops.alerts where subject = :subject"), {"subject": subject})
    else:
        conn.execute(
            text("update ops.alerts set state = 'failed' where subject = :subject"), {"subject": subject}
        )
