"""A first configuration from what a token sees: pure, from tables and columns to the text of the file.

Asking Coda and writing the file is in `discover`. The text always loads as a catalogue; what is a guess says
so in a comment. The one thing to know: a column that may be sensitive is excluded, since one that was stored
by mistake is harder to take back than one that is missing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import yaml

from coda_pipeline.catalog_coda import MAX_NAME_CHARS
from coda_pipeline.coda.models import Column, Doc, Table
from coda_pipeline.commands.likeness import is_participation, is_sensitive, participation_fields

_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "e",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "_",
            "y",
            "_",
            "e",
            "yu",
            "ya",
            "i",
            "yi",
            "ye",
            "g",
            "u",
        ],
        strict=True,
    )
) | {"ъ": "", "ь": ""}
KEY_FIELDS = ("person", "activity", "role", "started_on")


@dataclass(frozen=True)
class FoundTable:
    """A base table with its columns."""

    table: Table
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class FoundDoc:
    """A doc with its base tables, in the order Coda lists them."""

    doc: Doc
    tables: tuple[FoundTable, ...]


def table_name(title: str, taken: Iterable[str]) -> str:
    """A name of ours for a table: [a-z0-9_], transliterated, different from those that are taken."""
    letters = "".join(_LETTERS.get(letter, letter) for letter in title.casefold())
    plain = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:MAX_NAME_CHARS].strip("_") or "table"
    taken, name, number = set(taken), plain, 1
    while name in taken:
        number += 1
        ending = f"_{number}"
        name = plain[: MAX_NAME_CHARS - len(ending)] + ending
    return name


def configuration(docs: Sequence[FoundDoc]) -> str:
    """The text of a configuration file for everything found."""
    lines = [
        "# A first configuration, written by `coda-pipeline discover`. Check it before the first sync: which",
        "# tables to read, their names here, the columns under exclude, which are stored and shown nowhere.",
    ]
    names: list[str] = []
    sources: list[tuple[str, Mapping[str, str], FoundTable]] = []
    body: list[str] = []
    for found in docs:
        if not found.tables:
            lines.append(f"# Doc {_comment(found.doc.id)} ({_comment(found.doc.name)}) has no tables.")
            continue
        body += [f"    - id: {_scalar(found.doc.id)}  # {_comment(found.doc.name)}", "      tables:"]
        source = _likeliest_source(found.tables)
        for one in found.tables:
            names.append(table_name(one.table.name, names))
            fields = participation_fields(one.columns)
            is_source = one is source
            body += _table_lines(
                one, names[-1], kept=frozenset(fields.values()) if is_source else frozenset()
            )
            if is_source:
                sources.append((names[-1], fields, one))
    lines += ["coda:", "  docs:", *body] if body else ["coda:", "  docs: []"]
    return "\n".join([*lines, *_participation_lines(sources)]) + "\n"


def _likeliest_source(tables: Sequence[FoundTable]) -> FoundTable | None:
    likely = [one for one in tables if is_participation(one.table.name, one.columns)]
    return max(likely, key=lambda one: len(participation_fields(one.columns)), default=None)


def _table_lines(found: FoundTable, name: str, *, kept: frozenset[str]) -> list[str]:
    rows = f"{found.table.row_count} rows"
    lines = [
        f"        - id: {_scalar(found.table.id)}  # {_comment(found.table.name)}, {rows}",
        f"          name: {_scalar(name)}",
    ]
    hidden = [column for column in found.columns if column.id not in kept and is_sensitive(column)]
    if hidden:
        lines.append("          exclude:  # likely sensitive, so left out")
        lines += [f"            - {_scalar(column.id)}  # {_comment(column.name)}" for column in hidden]
    return lines


def _participation_lines(sources: Sequence[tuple[str, Mapping[str, str], FoundTable]]) -> list[str]:
    # All sources share one natural key, so it is made of the fields that each of them has.
    key = [field for field in KEY_FIELDS if sources and all(field in fields for _, fields, _ in sources)]
    if not key:
        return [
            "# No table that looks like Участие was found. Where one holds it, map its columns:",
            "# participation:",
            "#   sources:",
            "#     - table: NAME",
            "#       fields: {person: c-…, activity: c-…, role: c-…, started_on: c-…}",
        ]
    lines = ["participation:  # a guess by the names and kinds of columns: check it", "  sources:"]
    for name, fields, found in sources:
        titles = {column.id: column.name for column in found.columns}
        lines += [f"    - table: {_scalar(name)}", "      fields:"]
        lines += [
            f"        {field}: {_scalar(column)}  # {_comment(titles[column])}"
            for field, column in fields.items()
        ]
    return [*lines, f"  natural_key: [{', '.join(key)}]"]


def _scalar(text: str) -> str:
    """A text as YAML, whatever is in it; plain words stay plain where YAML takes them for such."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", text) and yaml.safe_load(text) == text:
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _comment(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
