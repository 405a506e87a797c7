"""The lines of a dump on their way into the database: those of the year with their key, the rejected, counts.

How they are read is in `dump`, how they land in `warehouse.dump`. The one thing to know: a block stays
columns all the way; nothing here is done line by line.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import compress, groupby, repeat

from coda_pipeline.dump.lines import Rejected
from coda_pipeline.dump.reading import Dump
from coda_pipeline.dump.remembered import Remembered
from coda_pipeline.dump.survey import Progress
from coda_pipeline.dump.table import DumpTable
from coda_pipeline.sync.fingerprints import digest_in, together
from coda_pipeline.sync.normalize import norm
from coda_pipeline.warehouse.dump import CONTENT, copied
from coda_pipeline.warehouse.dump import Block as Copied

# The id of a line without a row's, as if no two were equal.
BEFORE_KEY, AFTER_KEY = b"k-", b"-1"
COMPARED_AS_SPELLED = frozenset({"started_on", "ended_on", "share"})
ID_COLUMNS = frozenset({"row_id", "activity_row_id"})
Columns = dict[str, Sequence[str | None]]


class DumpStream:
    """The blocks of a dump as `replace_year` takes them, counted on their way."""

    def __init__(
        self,
        dump: Dump,
        live_docs: Collection[str],
        natural_key: Sequence[str],
        *,
        run_id: str,
        now: datetime,
    ) -> None:
        self._dump, self._live_docs = dump, live_docs
        self._key = [(name, Remembered(_digest_of_key(name))) for name in natural_key]
        self._copied = {name: Remembered(copied) for name in CONTENT}
        self._digests = {name: Remembered(digest_in(name)) for name in CONTENT}
        self._facts = {id(table): _facts(table, dump.year, now, run_id) for table in dump.tables}
        self.read = self.loaded = self.unfit = 0
        self.of_other_years: Counter[int] = Counter()

    @property
    def other_years(self) -> int:
        """How many lines are of another year."""
        return self.of_other_years.total()

    def blocks(self, on_progress: Progress) -> Iterator[Copied]:
        """Read the dump."""
        docs = {id(table): self._doc_of(table) for table in self._dump.tables}
        for block in self._dump.blocks(on_progress):
            self.read += block.line_count
            facts = self._facts[id(block.table)]
            if block.rejected:
                yield Copied(_rejected(block.rejected, facts), is_rejected=True)
            columns, numbers = self._of_year(block.columns, block.numbers)
            if numbers:
                yield Copied(self._lines(columns, numbers, docs[id(block.table)], facts))

    def _lines(self, columns: Columns, numbers: Sequence[int], doc: str | None, facts: bytes) -> bytes:
        """The lines of the year. Row ids are left out where they are not those of a live doc."""
        self.loaded += len(numbers)
        self.unfit += sum(cells is not None for cells in columns.get("cells", ()))
        columns = {name: found for name, found in columns.items() if doc or name not in ID_COLUMNS}
        count = len(numbers)
        ids = together(self._key_digests(columns, count), count, before=BEFORE_KEY, after=AFTER_KEY)
        if "row_id" in columns:
            ids = [
                copied(row_id) if row_id else by_key
                for row_id, by_key in zip(columns["row_id"], ids, strict=True)
            ]
        hashes = together(self._digests_of(columns, doc, count), count)
        return _body(map(b"%d".__mod__, numbers), ids, hashes, *self._content(columns, doc), repeat(facts))

    def _content(self, columns: Columns, doc: str | None) -> Iterator[Iterable[bytes]]:
        """The columns `CONTENT`; neighbours that are the same throughout are joined beforehand."""
        for is_given, names in groupby(CONTENT, columns.__contains__):
            if is_given:
                yield from (map(self._copied[name].__getitem__, columns[name]) for name in names)
            else:
                yield repeat(b"\t".join(copied(doc if name == "doc_id" else None) for name in names))

    def _digests_of(self, columns: Columns, doc: str | None, count: int) -> Iterator[Iterable[bytes]]:
        """The digests of what the lines say. A column that is not given says nothing."""
        yield repeat(self._digests["doc_id"][doc], count)
        yield from (
            map(self._digests[name].__getitem__, columns[name]) for name in CONTENT if name in columns
        )

    def _of_year(
        self, columns: Mapping[str, Sequence[str | None]], numbers: Sequence[int]
    ) -> tuple[Columns, Sequence[int]]:
        year = f"{self._dump.year}-"
        starts = columns["started_on"]
        if all(start is not None and start.startswith(year) for start in set(starts)):
            return dict(columns), numbers
        is_of_year = [start is not None and start.startswith(year) for start in starts]
        others = (start for start, is_wanted in zip(starts, is_of_year, strict=True) if not is_wanted)
        self.of_other_years.update(int(start[:4]) for start in others if start)
        kept: Columns = {name: list(compress(values, is_of_year)) for name, values in columns.items()}
        return kept, list(compress(numbers, is_of_year))

    def _key_digests(self, columns: Columns, count: int) -> Iterator[Iterable[bytes]]:
        """The digests of the lines' normalized key, as typed: who it means is resolved later."""
        for name, digests in self._key:
            texts = _persons(columns) if name == "person" else columns.get(name, repeat(None, count))
            yield map(digests.__getitem__, texts)

    def _doc_of(self, table: DumpTable) -> str | None:
        """The doc that was dumped, where it is a live one: only there do row ids mean the same."""
        doc = table.doc_id or self._dump.entry.doc
        return doc if doc in self._live_docs else None


def _persons(columns: Mapping[str, Sequence[str | None]]) -> Iterable[str | None]:
    names = columns["person_name"]
    emails = columns.get("person_email")
    return names if emails is None else [e or n for e, n in zip(emails, names, strict=True)]


def _digest_of_key(name: str) -> Callable[[str | None], bytes]:
    """The digest of a part of the key, as it is compared."""
    compared: Callable[[str | None], str] = str if name in COMPARED_AS_SPELLED else norm
    digest = digest_in(name)
    return lambda text: digest(compared(text))


def _facts(table: DumpTable, year: int, now: datetime, run_id: str) -> bytes:
    """What is kept with each line of a file."""
    facts = (table.name, str(table.facts.size_bytes), table.facts.sha256, str(year), now.isoformat(), run_id)
    return b"\t".join(map(copied, facts))


def _rejected(lines: Sequence[Rejected], facts: bytes) -> bytes:
    said = ((str(line.number), line.column, line.cell, line.reason) for line in lines)
    return _body(*zip(*(map(copied, texts) for texts in said), strict=True), repeat(facts))


def _body(*columns: Iterable[bytes]) -> bytes:
    return b"\n".join(map(b"\t".join, zip(*columns, strict=False))) + b"\n"
