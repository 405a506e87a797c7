"""Texts that may be shown where no personal data may be: initials tell rows apart and give nobody away."""

MAX_WORDS = 6


def mask(text: str | None) -> str:
    """`Иванов Иван` as `И… И…`, `ivan@example.org` as `i…@e…`, a blank as `-`. Digits do not stay either."""
    words = (text or "").split()
    if not words:
        return "-"
    return " ".join(_masked(word) for word in words[:MAX_WORDS])


def _masked(word: str) -> str:
    return "@".join(f"{part[0]}…" if part and part[0].isalpha() else "…" for part in word.split("@", 1))
