"""Making hundreds of thousands of plain values without Python looking for cycles among them again and again.

That search goes over all that lives and takes half the time of loading 100,000 records. Rows and values hold
no cycles; what else is made meanwhile is looked at afterwards.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def in_bulk() -> Iterator[None]:
    """Hold the search for cycles off. Nests, and leaves it as it was."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
