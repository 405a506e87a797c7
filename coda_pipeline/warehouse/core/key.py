"""The natural key in the database: a function over the configured fields, and a constraint: it is unique.

The constraint is deferred, so that two rows may swap keys in one transaction. The key is hashed: names can be
longer than an index entry, and an error that quotes it must not quote a person. What only the resolution
makes equal is left to it. Changing the configured key is: `drop_natural_key`, resolve in full,
`ensure_natural_key`, all in one transaction.
"""

from sqlalchemy import Connection, text

CONSTRAINT = "participation_natural_key"
COLUMNS = (
    "person_name text, person_email text, activity text, activity_row_id text, role text,"
    " started_on date, ended_on date, share numeric, comment text"
)
SIGNATURE = "(text, text, text, text, text, date, date, numeric, text)"
ARGUMENTS = "person_name, person_email, activity, activity_row_id, role, started_on, ended_on, share, comment"

# Each is null where the field is blank. Dates as numbers: their text depends on a setting of the session.
_PARTS = {
    "person": (
        "coalesce('e:' || nullif(core.norm(person_email), ''), 'n:' || nullif(core.norm(person_name), ''))"
    ),
    "activity": (
        "coalesce('r:' || nullif(btrim(activity_row_id), ''), 'n:' || nullif(core.norm(activity), ''))"
    ),
    "role": "nullif(core.norm(role), '')",
    "started_on": "(started_on - date '2000-01-01')::text",
    "ended_on": "(ended_on - date '2000-01-01')::text",
    "share": "trim_scale(share)::text",
    "comment": "nullif(core.norm(comment), '')",
}
_CALLED = {"person": "person_name or person_email"}


def configured_key(conn: Connection) -> tuple[str, ...]:
    """The fields that the database's function is made of."""
    comment = conn.scalar(text("select obj_description(to_regprocedure(:name), 'pg_proc')"), {"name": _NAME})
    return tuple(comment.split(", ")) if comment else ()


def ensure_natural_key(conn: Connection, fields: tuple[str, ...]) -> bool:
    """Make the constraint that of these fields, where it is not; whether it was made anew.

    Raises IntegrityError of the driver where two live participations share the key: resolve in full before.
    """
    if configured_key(conn) == fields and _has_constraint(conn):
        return False
    drop_natural_key(conn)
    create_natural_key(conn, fields)
    return True


def drop_natural_key(conn: Connection) -> None:
    """Take the constraint away until `ensure_natural_key`, in the same transaction."""
    conn.exec_driver_sql(f"alter table core.participation_all drop constraint if exists {CONSTRAINT}")


def create_natural_key(conn: Connection, fields: tuple[str, ...]) -> None:
    """Make the functions of these fields, and the constraint where it is missing. For the migration."""
    conn.exec_driver_sql(_functions(fields), execution_options={"no_parameters": True})
    conn.exec_driver_sql(
        f"alter table core.participation_all add constraint {CONSTRAINT}"
        f" exclude using btree (core.natural_key({ARGUMENTS}) with =)"
        " where (merged_into is null and deleted_at is null) deferrable initially deferred"
    )


_NAME = f"core.natural_key{SIGNATURE}"


def _has_constraint(conn: Connection) -> bool:
    found = text(
        "select exists (select from pg_constraint"
        " where conname = :name and conrelid = 'core.participation_all'::regclass)"
    )
    return bool(conn.scalar(found, {"name": CONSTRAINT}))


def _functions(fields: tuple[str, ...]) -> str:
    parts = " || chr(31) || ".join(_PARTS[field] for field in fields)
    missing = "\n".join(f"        when {_PARTS[f]} is null then '{_CALLED.get(f, f)}'" for f in fields)
    return f"""
create or replace function core.natural_key({COLUMNS}) returns bytea
language plpgsql immutable parallel safe as $body$
begin
    return sha256(convert_to({parts}, 'UTF8'));
end
$body$;
comment on function {_NAME} is '{", ".join(fields)}';

create or replace function core.missing_key_field({COLUMNS}) returns text
language plpgsql immutable parallel safe as $body$
begin
    return case
{missing}
    end;
end
$body$;
comment on function core.missing_key_field{SIGNATURE} is
    'The first field of the natural key that is blank, null where none is.';
"""
