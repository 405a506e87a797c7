"""The files of a dump: which there are under a pattern, also inside folders and ZIPs, and how to open each.

Nothing here looks into a file but into a ZIP's list. The one thing to know: a part is opened anew for every
pass over it, so nothing is unpacked to disk and nothing is held in memory.
"""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from coda_pipeline.dump.archive import checked_members, open_member
from coda_pipeline.errors import DumpError

ENDINGS = frozenset({".csv", ".tsv", ".txt", ".json", ".xlsx"})
ZIP = ".zip"


@dataclass(frozen=True, slots=True)
class Part:
    """One file. `name` is as a person finds it, `claim` what the pattern matched: it, its folder or ZIP."""

    name: str
    claim: str
    size_bytes: int
    open: Callable[[], IO[bytes]] = field(repr=False, compare=False)

    @property
    def ending(self) -> str:
        """The end of the name that tells the form, in small letters."""
        return Path(self.name).suffix.lower()


def parts_of(folder: Path, pattern: str) -> list[Part]:
    """Every readable file that the pattern finds in the folder, in the order of their names.

    Raises `DumpError` where the folder is not there, nothing matches, or a ZIP cannot be trusted.
    """
    if not folder.is_dir():
        message = f"Cannot read the dump: {folder} is not a folder. CODA_DUMP_DIR names it."
        raise DumpError(message)
    matched = sorted(path for path in folder.glob(pattern) if not is_hidden(path.name))
    parts = [part for path in matched for part in _parts_in(folder, path)]
    if not parts:
        there = ", ".join(sorted(p.name for p in folder.iterdir() if not is_hidden(p.name))[:10]) or "nothing"
        message = f"No file in {folder} matches {pattern!r}; there is: {there}."
        raise DumpError(message)
    return parts


def part_of_file(path: Path) -> list[Part]:
    """The parts of one file, folder or ZIP that a person named."""
    if not path.exists():
        message = f"Cannot read the dump: there is no {path}."
        raise DumpError(message)
    parts = list(_parts_in(path.parent, path))
    if not parts:
        message = f"Cannot read {path}: expected a CSV, JSON or XLSX file, or a folder or ZIP of these."
        raise DumpError(message)
    return parts


def is_hidden(name: str) -> bool:
    """Whether a file was left by a system or a program, not by a person: .DS_Store, ~$open.xlsx."""
    return name.startswith((".", "~$", "__MACOSX"))


def _parts_in(folder: Path, path: Path) -> Iterator[Part]:
    claim = path.relative_to(folder).as_posix()
    inside = sorted(path.rglob("*")) if path.is_dir() else [path]
    for found in inside:
        name = found.relative_to(folder)
        # A link that leads out of the folder is somebody's mistake, or worse.
        if not found.is_file() or not found.resolve().is_relative_to(folder.resolve()):
            continue
        if any(is_hidden(piece) for piece in name.parts):
            continue
        if found.suffix.lower() == ZIP:
            yield from _members(found, name.as_posix(), claim)
        elif found.suffix.lower() in ENDINGS:
            yield Part(name.as_posix(), claim, found.stat().st_size, lambda at=found: at.open("rb"))


def _members(path: Path, name: str, claim: str) -> Iterator[Part]:
    for member in checked_members(path, name):
        pieces = member.name.split("/")
        if Path(member.name).suffix.lower() in ENDINGS and not any(is_hidden(piece) for piece in pieces):
            open_it = lambda info=member.info: open_member(path, name, info)  # noqa: E731
            yield Part(f"{name}/{member.name}", claim, member.info.file_size, open_it)


def is_zip(part: Part) -> bool:
    """Whether the content is a ZIP, as an XLSX is."""
    with part.open() as stream:
        return zipfile.is_zipfile(stream)
