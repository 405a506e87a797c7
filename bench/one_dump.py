"""One measured load of a dump in a process of its own: `python -m bench.one_dump KIND FILE URL`.

KIND is `ours`, `pandas` (`read_csv` and `to_sql`, as somebody would write it who needs it once) or `copy`
(PostgreSQL's own COPY of the same file: the floor). Prints one line of JSON: seconds, lines, peak memory.
"""

import sys
import time
from pathlib import Path

import orjson
import psycopg

from bench.dump import COLUMNS, YEAR, catalog
from bench.one_read import peak_mb
from coda_pipeline.sync.dump_load import load_dump
from coda_pipeline.warehouse.engine import warehouse_engine


def ours(path: Path, url: str) -> int:
    """Load the file as a backfill would."""
    engine = warehouse_engine(url)
    report = load_dump(engine, catalog(), YEAR, path.parent, run_id="bench", path=path)
    engine.dispose()
    return report.loaded


def with_pandas(path: Path, url: str) -> int:
    """Read the file with pandas and write the frame, nothing checked."""
    # Here, so that it does not weigh on the others' memory.
    import pandas as pd  # noqa: PLC0415

    engine = warehouse_engine(url)
    frame = pd.read_csv(
        path, sep=";", decimal=",", parse_dates=["Дата начала", "Дата окончания"], dayfirst=True
    )
    frame.to_sql("dump_by_pandas", engine, if_exists="replace", index=False)
    engine.dispose()
    return len(frame)


def by_copy(path: Path, url: str) -> int:
    """COPY the file into a table of texts."""
    columns = ", ".join(f'"{name}" text' for name in COLUMNS)
    with psycopg.connect(url) as conn, conn.cursor() as cursor:
        cursor.execute(f"create table dump_by_copy ({columns})".encode())
        statement = "copy dump_by_copy from stdin (format csv, header true, delimiter ';')"
        with path.open("rb") as file, cursor.copy(statement) as copy:
            while chunk := file.read(1 << 20):
                copy.write(chunk)
        return cursor.rowcount


KINDS = {"ours": ours, "pandas": with_pandas, "copy": by_copy}


def main(kind: str, path: str, url: str) -> None:
    """Measure one load and print what it took."""
    started = time.perf_counter()
    lines = KINDS[kind](Path(path), url)
    measured = {"seconds": time.perf_counter() - started, "lines": lines, "peak_mb": peak_mb()}
    sys.stdout.write(orjson.dumps(measured).decode() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
