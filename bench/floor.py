"""The floor: the barest script that brings a table into PostgreSQL, nothing checked, nothing remembered.

`requests` + `orjson` + COPY + one merge, as somebody would write it who needs it once.
"""

import orjson
import psycopg
import requests

_SETUP = """
    create schema if not exists floor;
    create table if not exists floor.rows (
        row_id text primary key, values jsonb not null, coda_created_at timestamptz, coda_updated_at
        timestamptz); create temporary table staged ( row_id text, values jsonb, coda_created_at timestamptz,
        coda_updated_at timestamptz)
"""
_MERGE = """
    insert into floor.rows select * from staged
    on conflict (row_id) do update set values = excluded.values, coda_updated_at = excluded.coda_updated_at
"""


def read_barely(base_url: str, doc: str, table: str, database_url: str) -> int:
    """Bring the rows of a table into `floor.rows`; how many."""
    read = 0
    url = f"{base_url}/docs/{doc}/tables/{table}/rows"
    with requests.Session() as session, psycopg.connect(database_url) as conn, conn.cursor() as cursor:
        cursor.execute(_SETUP)
        with cursor.copy("copy staged from stdin") as copy:
            parameters: dict[str, str | int] = {"limit": 500, "valueFormat": "rich"}
            while True:
                page = orjson.loads(session.get(url, params=parameters, timeout=60).content)
                for row in page["items"]:
                    values = orjson.dumps(row["values"]).decode()
                    copy.write_row((row["id"], values, row["createdAt"], row["updatedAt"]))
                read += len(page["items"])
                if "nextPageToken" not in page:
                    break
                parameters = {"pageToken": page["nextPageToken"]}
        cursor.execute(_MERGE)
    return read
