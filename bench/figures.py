"""What a measurement says: a figure, the floor beside it, and what was promised."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Figure:
    """One value. `floor` is the same of the barest script; `promise` is in words, `is_kept` in fact."""

    what: str
    value: float
    unit: str
    floor: float | None = None
    promise: str = ""
    is_kept: bool | None = None


def as_table(figures: Sequence[Figure]) -> str:
    """The figures for people, one a line."""
    lines = [("what", "measured", "floor", "promise", "")]
    for figure in figures:
        floor = "" if figure.floor is None else f"{figure.floor:,.2f}"
        kept = {None: "", True: "kept", False: "NOT KEPT"}[figure.is_kept]
        lines.append((figure.what, f"{figure.value:,.2f} {figure.unit}", floor, figure.promise, kept))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def as_json(figures: Sequence[Figure]) -> str:
    """The figures for programs."""
    return orjson.dumps([asdict(figure) for figure in figures], option=orjson.OPT_INDENT_2).decode()
