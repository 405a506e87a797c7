"""What every part of the catalogue has in common. The parts are in `catalog` and in `catalog_<section>`."""

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """Base of every part of the catalogue: immutable, and a key that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
