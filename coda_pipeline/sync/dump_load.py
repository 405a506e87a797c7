"""Loading one year of a dump: read it, keep what is of that year, and replace the year's lines in `raw`.

How a file is read is decided in `dump`, how lines land in `warehouse.dump`, what becomes of them in
`dump_records` and the resolve that follows.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import Connection, Engine

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_dump import DumpEntry
from coda_pipeline.dump.parts import part_of_file, parts_of
from coda_pipeline.dump.reading import Dump, open_dump
from coda_pipeline.dump.survey import Progress, unheard
from coda_pipeline.dump.table import DumpTable
from coda_pipeline.errors import ConfigurationError, DumpError
from coda_pipeline.sync.dump_stream import DumpStream
from coda_pipeline.warehouse.core.bulk import in_bulk
from coda_pipeline.warehouse.dump import Loaded, remember_load, replace_year
from coda_pipeline.warehouse.locks import exclusive

LOCK_WAIT_S = 300.0
SHOWN_YEARS = 5


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file of a dump: what it is and what was found of it."""

    name: str
    size_bytes: int
    sha256: str
    form: str
    encoding: str | None
    delimiter: str | None


@dataclass(frozen=True, slots=True)
class DumpReport:
    """What loading one year came to. `input_lines` = `loaded` + `other_years` + `rejected`."""

    year: int
    input_lines: int
    loaded: int
    other_years: int
    rejected: int
    unfit: int
    replaced: int
    seconds: float
    files: tuple[FileReport, ...]
    dates: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."

    @property
    def is_accounted_for(self) -> bool:
        """Whether every line of the input is somewhere."""
        return self.input_lines == self.loaded + self.other_years + self.rejected


def load_dump(
    engine: Engine,
    catalog: Catalog,
    year: int,
    folder: Path,
    *,
    run_id: str,
    path: Path | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_progress: Progress = unheard,
) -> DumpReport:
    """Replace the lines of one year by those of its files in `folder`, or of `path`.

    Raises `ConfigurationError` for a year that is not configured, `DumpError` where the dump cannot be read
    without guessing or holds nothing of the year, `BusyError` where another run is loading that year. The
    year then stays as it was.
    """
    entry = dump_entry(catalog, year)
    started = time.monotonic()
    parts = part_of_file(path) if path and not _holds(path, entry) else parts_of(path or folder, entry.files)
    dump = open_dump(parts, entry, year, on_progress)
    at = now()

    def stream_of(found: Dump) -> DumpStream:
        return DumpStream(found, _live_docs(catalog), _natural_key(catalog), run_id=run_id, now=at)

    lock = exclusive(engine, f"raw.participation_dump {year}", wait_s=LOCK_WAIT_S, holder=run_id)
    with lock, engine.begin() as conn, in_bulk():
        dump, stream, landed = _landed(conn, dump, stream_of, on_progress)
        _refuse_nothing(dump, stream)
        report = _report(dump, stream, landed, time.monotonic() - started)
        remember_load(conn, year, _remembered(report), run_id=run_id, now=at)
    return report


def _landed(
    conn: Connection, dump: Dump, stream_of: Callable[[Dump], DumpStream], on_progress: Progress
) -> tuple[Dump, DumpStream, Loaded]:
    """Replace the year; once more where the end of a long file says otherwise than its beginning."""
    stream = stream_of(dump)
    landed = replace_year(conn, dump.year, stream.blocks(on_progress))
    settled = dump.settled()
    if settled is dump:
        return dump, stream, landed
    stream = stream_of(settled)
    again = replace_year(conn, dump.year, stream.blocks(on_progress))
    return settled, stream, replace(again, replaced=landed.replaced)


def _report(dump: Dump, stream: DumpStream, landed: Loaded, seconds: float) -> DumpReport:
    return DumpReport(
        year=dump.year,
        input_lines=dump.survey.line_count,
        loaded=landed.loaded,
        other_years=stream.other_years,
        rejected=landed.rejected,
        unfit=stream.unfit,
        replaced=landed.replaced,
        seconds=seconds,
        files=tuple(_file_report(table) for table in dump.tables),
        dates=dict(dump.orders),
        decimal=dump.mark,
    )


def _remembered(report: DumpReport) -> dict[str, object]:
    return {
        "input": report.input_lines,
        "loaded": report.loaded,
        "other_years": report.other_years,
        "rejected": report.rejected,
        "files": orjson.dumps([file.name for file in report.files]).decode(),
    }


def dump_entry(catalog: Catalog, year: int) -> DumpEntry:
    """How the dump of a year is to be read. Raises `ConfigurationError` for a year that has no entry."""
    dumps = catalog.participation.dump if catalog.participation else {}
    if year not in dumps:
        there_are = ", ".join(str(y) for y in sorted(dumps)) or "none"
        message = (
            f"The year {year} is not configured; there are {there_are} under participation.dump. "
            "Add it there."
        )
        raise ConfigurationError(message)
    return dumps[year]


def years_of(catalog: Catalog, path: Path) -> list[int]:
    """The configured years whose pattern fits a file, folder or ZIP, or finds files in it; else all.

    Raises `ConfigurationError` where no year is configured.
    """
    dumps = catalog.participation.dump if catalog.participation else {}
    if not dumps:
        message = "No year of a dump is configured: add participation.dump, see docs/backfill.md."
        raise ConfigurationError(message)
    fitting = [
        year for year, entry in dumps.items() if Path(path.name).match(entry.files) or _holds(path, entry)
    ]
    return sorted(fitting or dumps)


def _holds(path: Path, entry: DumpEntry) -> bool:
    """Whether a path is a folder of several dumps, as CODA_DUMP_DIR is, with one of this year among them."""
    return path.is_dir() and any(path.glob(entry.files))


def _natural_key(catalog: Catalog) -> tuple[str, ...]:
    return tuple(catalog.participation.natural_key) if catalog.participation else ()


def _live_docs(catalog: Catalog) -> frozenset[str]:
    sources = catalog.participation.sources if catalog.participation else ()
    return frozenset(catalog.table(source.table).doc_id for source in sources)


def _refuse_nothing(dump: Dump, stream: DumpStream) -> None:
    """A dump without a line of the year is the wrong file: it must not empty the year."""
    if stream.loaded:
        return
    year = dump.year
    found = ", ".join(str(y) for y in sorted(stream.of_other_years)[:SHOWN_YEARS])
    years = f"they are of {found}" if found else "none could be read"
    message = (
        f"None of the {stream.read} lines of {dump.tables[0].name} is of {year}: {years}. The year stays as "
        f"it was; check participation.dump.{year}.files and the column of started_on."
    )
    raise DumpError(message)


def _file_report(table: DumpTable) -> FileReport:
    return FileReport(
        name=table.name,
        size_bytes=table.facts.size_bytes,
        sha256=table.facts.sha256,
        form=table.form,
        encoding=table.encoding,
        delimiter=table.delimiter,
    )
