"""What a ZIP may hold: no path outside of it, no bomb, nothing encrypted, nothing cut off.

Only the list is read here; a member is checked again while it is read, by its CRC.
"""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from coda_pipeline.errors import DumpError

MAX_MEMBERS = 20_000
MAX_UNPACKED_BYTES = 8 << 30
# Text packs to a tenth, tables of one value to a hundredth; a bomb to a thousandth.
MAX_RATIO = 300
RATIO_MATTERS_BYTES = 50 << 20
ENCRYPTED = 0x1
NAMES_ARE_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a ZIP, under the name that a person gave it."""

    name: str
    info: zipfile.ZipInfo


def checked_members(path: Path | IO[bytes], name: str) -> list[Member]:
    """The files in a ZIP. Raises `DumpError` where it is cut, a bomb, encrypted, or reaches out of itself."""
    with reading_zip(name), zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    members = [Member(_name_of(info), info) for info in infos if not info.is_dir()]
    problem = next((p for member in members if (p := _problem_of(member))), None) or _size_problem(infos)
    if problem:
        message = f"The ZIP {name} is not read: {problem}. Nothing was loaded."
        raise DumpError(message)
    return members


def open_member(path: Path, name: str, info: zipfile.ZipInfo) -> IO[bytes]:
    """A member of a ZIP as a stream of bytes; closing it closes the ZIP."""
    with reading_zip(name):
        archive = zipfile.ZipFile(path)
        stream = archive.open(info)
        # The archive closes its file once nobody reads from it.
        archive.close()
        return stream


@contextmanager
def reading_zip(name: str) -> Iterator[None]:
    """Turn the errors of a cut or broken ZIP into a `DumpError`."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        message = f"{name} is cut off or broken ({type(error).__name__}). Copy it again; nothing was loaded."
        raise DumpError(message) from None


def _name_of(info: zipfile.ZipInfo) -> str:
    """The member's name; Windows writes Russian ones in its old encoding without saying so."""
    if info.flag_bits & NAMES_ARE_UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("cp866")
    except UnicodeError:
        return info.filename


def _problem_of(member: Member) -> str | None:
    path = PurePosixPath(member.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return "it holds a path that leads outside of it"
    if stat.S_ISLNK(member.info.external_attr >> 16):
        return "it holds a link instead of a file"
    if member.info.flag_bits & ENCRYPTED:
        return "it is encrypted; pack it without a password"
    return None


def _size_problem(infos: list[zipfile.ZipInfo]) -> str | None:
    unpacked = sum(info.file_size for info in infos)
    packed = max(1, sum(info.compress_size for info in infos))
    if len(infos) > MAX_MEMBERS:
        return f"it holds {len(infos)} files, more than {MAX_MEMBERS}"
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > RATIO_MATTERS_BYTES and unpacked / packed > MAX_RATIO):
        return f"it would unpack to {unpacked / 1e6:,.0f} MB from {packed / 1e6:,.1f} MB, as a bomb does"
    return None
