"""Reading each different text of a column once: dates, names and roles repeat by the thousand.

The one thing to know: what is remembered is bounded, in number and in length, so that memory does not grow
with the file.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

MAX_TEXTS = 20_000
MAX_CHARS = 200
Text = TypeVar("Text", str, str | None)
Value = TypeVar("Value")


class Remembered(dict[Text, Value], Generic[Text, Value]):
    """A function of a text as a dict of its answers: `map(answers.__getitem__, texts)` is a loop in C."""

    def __init__(self, read: Callable[[Text], Value]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: Text) -> Value:
        """Read a text that is not remembered."""
        value = self._read(text)
        if text is None or len(text) <= MAX_CHARS:
            if len(self) >= MAX_TEXTS:
                self.clear()
            self[text] = value
        return value
