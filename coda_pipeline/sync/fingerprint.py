"""What makes two versions of a row the same: the digest over its cells that decides about history.

Left out are blanks (so a new empty column changes no row), calculated columns that no field is mapped to
(Today() changes every night without anybody's doing) and the addresses of images and files (signed, new at
every read). Such cells are stored all the same and brought up to date without history. Pure; the merge is in
`warehouse`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

import orjson

from coda_pipeline.catalog import TableSpec

# Raised when digests of the same cells come out differently: stored ones are then made anew.
VERSION = 1
VOLATILE_TYPES = frozenset({"image", "imageReference", "attachments"})
# Types in which no picture can stand (reference/coda-openapi.json, ColumnFormatType); in others one may.
PLAIN_TYPES = frozenset(
    {
        *("text", "email", "link", "select", "checkbox", "button", "reaction", "person", "lookup"),
        *("number", "percent", "currency", "slider", "scale", "date", "dateTime", "time", "duration"),
    }
)
_ADDRESSES = frozenset({"url", "href", "contentUrl", "thumbnailUrl"})


@dataclass(frozen=True)
class Fingerprint:
    """Which cells count. All are column ids: `ignored` do not, `volatile` only without addresses.

    In `mixed` ones pictures count without addresses, anything else as it is. `excluded` never reach the
    warehouse and `mapped` count although calculated: both as the catalogue had them.
    """

    ignored: frozenset[str] = frozenset()
    volatile: frozenset[str] = frozenset()
    mixed: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    mapped: frozenset[str] = frozenset()

    def of(self, values: Mapping[str, object]) -> str:
        """The digest of a row. Once per row of every read: a table without pictures pays nothing for them."""
        counted = {c: v for c, v in values.items() if v or v == 0}
        for column in self.ignored:
            counted.pop(column, None)
        for column in self.volatile:
            if column in counted:
                counted[column] = _lasting(counted[column], is_volatile=True)
        for column in self.mixed:
            if column in counted:
                counted[column] = _lasting(counted[column], is_volatile=False)
        return blake2b(orjson.dumps(counted, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()

    def has_same_digests(self, other: "Fingerprint | None") -> bool:
        """Whether both give every stored row the same digest."""
        return other is not None and self == replace(other, mapped=self.mapped)

    def fits(self, spec: TableSpec) -> bool:
        """Whether the catalogue still excludes and maps the columns that this was made for."""
        return self.excluded == spec.excluded and self.mapped == spec.mapped

    def dump(self) -> str:
        """As text, to be kept with the table's cursor."""
        parts = (self.ignored, self.volatile, self.mixed, self.excluded, self.mapped)
        return orjson.dumps([VERSION, *map(sorted, parts)]).decode()


def stored_fingerprint(text: str | None) -> Fingerprint | None:
    """What `dump` gave, None where there is none or where it is of another version."""
    version, *parts = orjson.loads(text) if text else (None,)
    return Fingerprint(*map(frozenset, parts)) if version == VERSION else None


def fingerprint_for(spec: TableSpec, columns: Iterable[tuple[str, str, bool]]) -> Fingerprint:
    """The fingerprint of a table whose columns are given as (id, type, is calculated)."""
    known = [column for column in columns if column[0] not in spec.excluded]
    return Fingerprint(
        ignored=frozenset(c for c, _, is_calculated in known if is_calculated and c not in spec.mapped),
        volatile=frozenset(c for c, kind, _ in known if kind in VOLATILE_TYPES),
        mixed=frozenset(c for c, kind, _ in known if kind not in VOLATILE_TYPES | PLAIN_TYPES),
        excluded=spec.excluded,
        mapped=spec.mapped,
    )


def _lasting(cell: object, *, is_volatile: bool) -> object:
    """The cell without the addresses of pictures; without any address where `is_volatile`."""
    if isinstance(cell, list):
        return [_lasting(item, is_volatile=is_volatile) for item in cell]
    if isinstance(cell, dict) and (is_volatile or cell.get("@type") == "ImageObject"):
        return {key: value for key, value in cell.items() if key not in _ADDRESSES}
    if is_volatile and isinstance(cell, str):
        return cell.partition("?")[0]
    return cell
