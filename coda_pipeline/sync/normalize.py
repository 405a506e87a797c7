"""What counts as equal: spelling is forgiven where things are compared, never where they are stored.

`norm` has a twin in SQL, `core.norm`; a property test holds them equal.
"""

import unicodedata
from decimal import Decimal
from functools import lru_cache

from coda_pipeline.catalog_participation import CANONICAL_FIELDS
from coda_pipeline.sync.model import Activity, Fields, Person, Unreadable, Value

# Coda stores numbers as binary floats, the warehouse as decimals: 1/3 must not look like an edit.
NUMBER_PRECISION = Decimal("1e-9")


@lru_cache(maxsize=65536)
def norm(text: str | None) -> str:
    """The form in which texts are compared: NFKC, case folded, ё as е, spaces collapsed. Blank gives ""."""
    if not text:
        return ""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.replace("ё", "е").split())


def is_blank(value: Value) -> bool:
    """Whether a value says nothing: NULL, "", spaces only, a person or an activity without any part."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    if isinstance(value, Person | Activity):
        return is_blank(value[0]) and is_blank(value[1])
    return False


def same(left: Value, right: Value) -> bool:
    """Equal as stored: blanks are one, numbers to nine places, texts to the letter."""
    if left == right:
        return True
    if is_blank(left) or is_blank(right):
        return is_blank(left) and is_blank(right)
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return abs(left - right) < NUMBER_PRECISION
    if isinstance(left, Person | Activity) and isinstance(right, Person | Activity):
        return all(same(a, b) for a, b in zip(left, right, strict=True))
    return left == right


def alike(left: Value, right: Value) -> bool:
    """Equal by meaning: as `same`, and people and activities by e-mail or row id where both have one."""
    if isinstance(left, Person | Activity) and isinstance(right, Person | Activity) and left[1] and right[1]:
        return norm(left[1]) == norm(right[1]) if isinstance(left, Person) else left[1] == right[1]
    return same(left, right)


def is_unreadable(value: Value) -> bool:
    """Whether the cell held something that does not fit its field."""
    return isinstance(value, Unreadable)


def readable(fields: Fields) -> Fields:
    """The fields with unreadable cells as blanks: what a new participation starts from."""
    if len(fields) == len(CANONICAL_FIELDS) and Unreadable not in map(type, fields.values()):
        return fields
    return {n: None if isinstance(fields.get(n), Unreadable) else fields.get(n) for n in CANONICAL_FIELDS}
