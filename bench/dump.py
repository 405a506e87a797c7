"""Loading a dump: speed beside pandas and beside PostgreSQL's own COPY of the same file, and memory.

`python -m bench.dump [LINES]` measures this part alone. Every load runs in a process and a database of its
own. pandas' `to_sql` is measured with its defaults over the driver with which it is fastest, psycopg 3: over
psycopg2 the same took a tenth longer, and `method="multi"` seven times as long.
"""

import csv
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from bench.figures import Figure, as_table
from bench.reading import fresh_database
from coda_pipeline.catalog import Catalog, parse_catalog
from coda_pipeline.warehouse.embedded import EmbeddedServer
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline.warehouse.migrate import upgrade

YEAR = 2024
ROUNDS = 2
MAX_PEAK_MB = 300
MAX_MORE_MEMORY = 10
MIN_TIMES_PANDAS = 4
MAPPED = {
    "person": "Сотрудник",
    "activity": "Проект",
    "role": "Роль",
    "started_on": "Дата начала",
    "ended_on": "Дата окончания",
    "share": "Доля",
    "comment": "Комментарий",
}
COLUMNS = (*MAPPED.values(), "Ключ", "Часы", "Надбавка", "Подтверждено", "Метки")
Measured = dict[str, float]


def catalog() -> Catalog:
    """A dump of one year beside a table of Участие."""
    fields = {"person": "c-p", "activity": "c-a", "role": "c-r", "started_on": "c-s"}
    tables = [{"id": "grid-1", "name": "participation"}]
    content = {
        "coda": {"docs": [{"id": "BenchDoc01", "tables": tables}]},
        "participation": {
            "sources": [{"table": "participation", "fields": fields}],
            "dump": {YEAR: {"files": "*.csv", "columns": MAPPED}},
        },
    }
    return parse_catalog(content, source="bench")


def write_csv(path: Path, lines: int) -> None:
    """A dump as Excel saves it: semicolons, decimal commas, days first."""
    dice = random.Random(lines)  # noqa: S311 - a measure, not a secret
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        for n in range(lines):
            day = f"{dice.randrange(1, 29):02}.{dice.randrange(1, 13):02}.{YEAR}"
            who, what = f"Сотрудник {n % 5000}", f"Проект {dice.randrange(400)}"
            share, note = f"0,{dice.randrange(1, 10)}", "Перешла из другого проекта" if n % 3 else ""
            writer.writerow(
                (
                    who,
                    what,
                    "Аналитик",
                    day,
                    f"31.12.{YEAR}",
                    share,
                    note,
                    n,
                    "37,5",
                    "1 000,00 ₽",
                    "true",
                    "а, б",
                )
            )


def measure(server: EmbeddedServer, lines: int = 200_000) -> list[Figure]:
    """Load a CSV of so many lines, and one of five times as many for its memory."""
    with tempfile.TemporaryDirectory() as folder:
        path, long = Path(folder) / "dump.csv", Path(folder) / "long.csv"
        write_csv(path, lines)
        write_csv(long, 5 * lines)
        loads = _best_loads(server, path)
        ours, more = loads["ours"], _one_load(server, "ours", long)
    times = loads["pandas"]["seconds"] / ours["seconds"]
    growth = (more["peak_mb"] / ours["peak_mb"] - 1) * 100
    floor = loads["copy"]["seconds"]
    is_flat = growth <= MAX_MORE_MEMORY
    peak = ours["peak_mb"]
    return [
        Figure(f"load a dump of {lines:,} lines", ours["seconds"], "s", floor),
        Figure("the same by pandas read_csv + to_sql", loads["pandas"]["seconds"], "s", floor),
        Figure("its speed, of pandas'", times, "times", None, "at least 4", times >= MIN_TIMES_PANDAS),
        Figure(
            "peak memory of the load",
            peak,
            "MB",
            loads["copy"]["peak_mb"],
            "under 300 MB",
            peak < MAX_PEAK_MB,
        ),
        Figure(f"more memory for {5 * lines:,} lines", growth, "%", None, "10 % at most", is_flat),
    ]


def _best_loads(server: EmbeddedServer, path: Path) -> dict[str, Measured]:
    """The fastest of some rounds of each, by turns, so that a busy moment hits all."""
    loads: dict[str, Measured] = {}
    for kind in ("copy", "pandas", "ours") * ROUNDS:
        load = _one_load(server, kind, path)
        loads[kind] = min(load, loads.get(kind, load), key=lambda found: found["seconds"])
    return loads


def _one_load(server: EmbeddedServer, kind: str, path: Path) -> Measured:
    with fresh_database(server) as url:
        engine = warehouse_engine(url)
        upgrade(engine)
        engine.dispose()
        command = [sys.executable, "-m", "bench.one_dump", kind, str(path), url]
        run = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603
    return orjson.loads(run.stdout.splitlines()[-1])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home, EmbeddedServer(Path(home)) as local:
        print(as_table(measure(local, int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)))
