"""Fingerprints of lines, put together from those of their cells: a text is digested once, lines by the block.

The one thing to know: a cell's digest is personal to its column and has 128 bits, and a line's is all of them
by exclusive or. Lines that differ are as unlikely to look alike as with one digest of the whole; somebody who
makes up cells by the thousand to that end is not kept out.
"""

from binascii import hexlify
from collections.abc import Callable, Iterable
from functools import reduce
from hashlib import blake2b
from operator import xor

DIGEST_BYTES = 16
NOTHING = bytes(DIGEST_BYTES)


def digest_in(column: str) -> Callable[[str | None], bytes]:
    """How a cell of a column is digested. One that says nothing is zero: as if there were no such column."""
    # The library takes 16 bytes of it.
    person = column.encode()

    def digest(text: str | None) -> bytes:
        if text is None:
            return NOTHING
        return blake2b(text.encode(), digest_size=DIGEST_BYTES, person=person).digest()

    return digest


def together(
    columns: Iterable[Iterable[bytes]], count: int, *, before: bytes = b"", after: bytes = b""
) -> list[bytes]:
    """The fingerprints of so many lines, in hexadecimal between two words, from their cells' by column."""
    # The digests of a column as one long number: one operation for all lines.
    numbers = (int.from_bytes(b"".join(digests)) for digests in columns)
    digests = reduce(xor, numbers, 0).to_bytes(count * DIGEST_BYTES)
    return (
        before + hexlify(digests, b" ", DIGEST_BYTES).replace(b" ", after + b" " + before) + after
    ).split()
