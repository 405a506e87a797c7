"""Which database this is, recorded when its schema was first created.

A database that was copied, restored or cloned still holds the record, and no longer fits it: such a one
must never write to Coda by accident. The one thing to know: nothing but a person's word may renew the record.
"""

from sqlalchemy import Connection

from coda_pipeline.warehouse.cluster import CLUSTER_NAME

# The data folder counts only for the embedded server: anybody may copy that folder, while an administrator
# may well move the one of a server.
_FACTS = """
select s.system_identifier::text as system_identifier,
       c.timeline_id::bigint as timeline,
       (select oid::bigint from pg_database where datname = current_database()) as database_oid,
       'ops.installation'::regclass::oid::bigint as table_oid,
       case when current_setting('cluster_name') = 'CLUSTER_NAME'
            then current_setting('data_directory') end as data_folder
from pg_control_system() s, pg_control_checkpoint() c
""".replace("CLUSTER_NAME", CLUSTER_NAME)
_NAMES = ("system_identifier", "timeline", "database_oid", "table_oid", "data_folder")


def record_installation(conn: Connection) -> None:
    """Record that this database is the installation, unless one is recorded."""
    conn.exec_driver_sql(
        f"insert into ops.installation ({', '.join(_NAMES)}) {_FACTS} on conflict do nothing"
    )


def installation_differences(conn: Connection) -> tuple[str, ...]:
    """The facts in which this database is not the recorded one; empty where it is."""
    query = f"select {', '.join(_NAMES)} from"
    recorded = conn.exec_driver_sql(f"{query} ops.installation").mappings().one_or_none()
    if recorded is None:
        return _NAMES
    found = conn.exec_driver_sql(f"{query} ({_FACTS}) f").mappings().one()
    return tuple(name for name in _NAMES if recorded[name] != found[name])


def adopt_installation(conn: Connection) -> tuple[str, ...]:
    """Make this database the installation, by a person's word; the facts in which it was not."""
    differences = installation_differences(conn)
    if differences:
        conn.exec_driver_sql("delete from ops.installation")
        record_installation(conn)
    return differences
