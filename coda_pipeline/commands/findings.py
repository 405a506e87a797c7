"""What `doctor` found about one thing: fine, or what is wrong and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line. `text` says how it is, or what is wrong and what to do."""

    what: str
    is_fine: bool
    text: str


def fine(what: str, text: str) -> Finding:
    """A finding that needs nothing."""
    return Finding(what, is_fine=True, text=text)


def wrong(what: str, text: str) -> Finding:
    """A finding that needs somebody."""
    return Finding(what, is_fine=False, text=text)
