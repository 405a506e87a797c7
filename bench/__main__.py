"""`make bench`: every measurement in one run, as a table, and as JSON in `bench-results/`.

`make bench ARGS=--whole` reads CODING within its budget for as long as is promised, not only for a minute.
"""

import sys
import tempfile
from pathlib import Path

from bench import coding, dump, importing, pressing, reading, resolving, writing
from bench.figures import as_json, as_table
from coda_pipeline.warehouse.embedded import EmbeddedServer
from coda_pipeline.warehouse.engine import warehouse_engine
from coda_pipeline.warehouse.migrate import upgrade

RESULTS = Path("bench-results")


def main() -> int:
    """Measure, print, keep. Exit status 1 where a promise is not kept."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        figures = [*importing.measure(), *reading.measure(server), *dump.measure(server)]
        with reading.fresh_database(server) as url:
            engine = warehouse_engine(url)
            upgrade(engine)
            figures += resolving.measure(engine)
            engine.dispose()
        figures += writing.measure(server)
        figures += coding.measure(server, is_whole=coding.WHOLE in sys.argv)
    figures += pressing.measure()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(as_json(figures), encoding="utf-8")
    print(as_table(figures))
    return int(any(figure.is_kept is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
