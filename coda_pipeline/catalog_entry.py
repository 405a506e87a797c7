"""What every part of the catalogue has in common. The parts are in `catalog` and in `catalog_<section>`."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """Base of every part of the catalogue: immutable, and a key that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def repeated(values: Sequence[str]) -> set[str]:
    """The values that are there more than once: most contradictions are a name, id or column given twice."""
    return {value for value in values if values.count(value) > 1}
