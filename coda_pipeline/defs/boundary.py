"""What an exception may carry into Dagster, where every message and every cause is stored and shown.

The project's own messages hold no personal data (see `errors`). Those of libraries do: a database quotes
the row that it refused, a parser quotes its input. They are kept out; the traceback, which holds only code,
stays.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from coda_pipeline.errors import CodaPipelineError, FatalError


@contextmanager
def without_personal_data() -> Iterator[None]:
    """Let the project's own errors through without their causes; any other becomes a `FatalError`."""
    try:
        yield
    except CodaPipelineError as error:
        raise error.with_traceback(error.__traceback__) from None
    except Exception as error:
        raise FatalError(_describe(error)).with_traceback(error.__traceback__) from None


def _describe(error: Exception) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    code = f" (SQLSTATE {state})" if state else ""
    return (
        f"An unexpected {kind}{code}. Its message is withheld, since it may quote personal data; the "
        "traceback shows where it arose. This is a defect: report it with the traceback."
    )
