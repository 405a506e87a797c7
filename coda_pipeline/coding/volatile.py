"""A record without the parts that change by themselves: what its change hash is taken of.

Temporary addresses of files change on each read, and so do signed image links in descriptions and custom
fields and the queries of avatars (reference/coding-api.md sections 4 and 8). The record itself is stored as
received; only what is compared goes through here. A link that a person typed keeps its query.
"""

import re
from collections.abc import Mapping

from coda_pipeline.coding.models import Payload

# Fields of the service's own that hold nothing but an address; a file is known by its id, name and size.
ADDRESSES = frozenset({"Avatar", "Gravatar", "Icon", "IconUrl"})
FILES = "Files"
SPECIAL = ADDRESSES | {FILES}
FILE_ADDRESS = "Url"
SIGNED = re.compile(
    r"(https?://[^\s?\"'<>()\[\]\\]+)"
    r"\?(?=[^\s\"'<>()\[\]\\]*(?:q-sign|q-ak|x-amz-|x-cos-|sign|expire|token|auth)[\w-]*=)"
    r"[^\s\"'<>()\[\]\\]*",
    re.IGNORECASE,
)


def stable(payload: Payload) -> dict[str, object]:
    """A copy of a record without its volatile parts."""
    return {key: _special(key, value) if key in SPECIAL else _stable(value) for key, value in payload.items()}


def _stable(value: object) -> object:
    """This runs for every value of every record, so the most frequent kinds come first."""
    if isinstance(value, str):
        return SIGNED.sub(r"\1", value) if "?" in value else value
    if isinstance(value, dict):
        return stable(value)
    if isinstance(value, list):
        return [_stable(part) for part in value]
    return value


def _special(key: str, value: object) -> object:
    if key in ADDRESSES and isinstance(value, str):
        return value.partition("?")[0]
    if key == FILES and isinstance(value, list):
        return [_without_address(file) for file in value]
    return _stable(value)


def _without_address(file: object) -> object:
    if not isinstance(file, Mapping):
        return _stable(file)
    return stable({key: value for key, value in file.items() if key != FILE_ADDRESS})
