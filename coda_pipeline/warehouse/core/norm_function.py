"""SQL text of `core.norm`, the twin of `sync/normalize.norm`, made from Python's own case folding.

PostgreSQL has no case folding before version 18 and its `lower` follows the locale, so the folding comes from
a table of this Python. Names in ASCII and Russian take a short way, which the planner puts in place of the
call (it is in the index of every participation); the rest goes through `core.norm_thoroughly`. There too
`lower` goes first and the table mends what the locale left: `translate` by the whole table costs 250 µs a
name. Null stays null.
"""

from collections.abc import Iterable

# Characters that NFKC leaves as they are: names of these alone, well spaced, take the short way.
PLAIN = " -~«»–—А-яЁё"


def norm_functions() -> str:
    """`core.norm(text)` and `core.norm_thoroughly(text)`: NFKC, case folding, ё as е, single spaces."""
    singles, several = _folding()
    spaces = _character_class(c for c in _characters() if c.isspace())
    unfolded = "folded"
    for character, replacement in several.items():
        unfolded = f"replace({unfolded}, '{character}', '{replacement}')"
    return f"""
create function core.norm_thoroughly(value text) returns text
language plpgsql immutable strict parallel safe as $body$
declare
    folded text := normalize(value, NFKC);
begin
    if folded ~ '{_character_class(several)}' then
        folded := {unfolded};
    end if;
    folded := lower(lower(folded collate "C") collate "default");
    if folded ~ '{_character_class(singles)}' then
        folded := translate(folded, '{"".join(singles)}', '{"".join(singles.values())}');
    end if;
    folded := replace(normalize(folded, NFKC), 'ё', 'е');
    return btrim(regexp_replace(folded, '{spaces}+', ' ', 'g'), ' ');
end
$body$;

-- What the locale can do is computed once, by the planner. Not strict, since that forbids inlining.
create function core.norm(value text) returns text
language sql immutable parallel safe as $body$
    select case when lower('IЯЁ' collate "default") = 'iяё' and value !~ '[^{PLAIN}]|^ | $|  '
                then replace(lower(value collate "default"), 'ё', 'е')
                else core.norm_thoroughly(value) end
$body$;

comment on function core.norm(text) is
    'Text as it is compared: NFKC, case folding, ё as е, single spaces. The twin of sync/normalize.norm.';
"""


def _characters() -> Iterable[str]:
    """Every character of the planes that have letters and spaces; no NUL, no surrogates."""
    return (chr(code) for code in range(1, 0x20000) if not 0xD800 <= code <= 0xDFFF)  # noqa: PLR2004


def _folding() -> tuple[dict[str, str], dict[str, str]]:
    """What Python's case folding changes: one character to one, and one to several."""
    changed = {c: folded for c in _characters() if (folded := c.casefold()) != c}
    return (
        {c: f for c, f in changed.items() if len(f) == 1},
        {c: f for c, f in changed.items() if len(f) > 1},
    )


def _character_class(characters: Iterable[str]) -> str:
    """A bracket expression with ranges, written in escapes; a plain space stays readable."""
    codes = sorted(map(ord, characters))
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(_escape(a) if a == b else f"{_escape(a)}-{_escape(b)}" for a, b in ranges) + "]"


def _escape(code: int) -> str:
    return " " if code == ord(" ") else f"\\U{code:08x}"
