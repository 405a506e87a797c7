"""Every exception of the project, filed by what the caller can do about it.

    CodaPipelineError
    ├── ConfigurationError        change a setting, the catalogue or a right; trying again changes nothing
    │   ├── CatalogError          the configuration file: every mistake at once, each with its path
    │   ├── TokenError            a token is missing, wrong, expired or may not do this; says whose it is
    │   │   ├── TokenRefusedError   wrong, expired or revoked: a grant is refreshed, a token made again
    │   │   └── MissingScopeError   the token works, but may not do this: other tables can go on
    │   ├── NotFoundError         a doc, table, column or row that this token cannot see
    │   └── DatabaseError         no database, no rights, too old, or newer than this program
    ├── RetriableError            the same call may succeed later; the transport has already tried
    │   ├── RateLimitedError      429 outlasted the back-off
    │   ├── ServiceError          5xx, a dropped or truncated answer, a time-out
    │   │   └── PageTimeoutError  504 on a page of rows: read again with smaller pages
    │   └── BusyError             another run holds what this one needs
    ├── DataError                 the service answered, but what it said cannot be used
    │   ├── ProtocolError         HTML, a broken body, a page without items, a repeated page token
    │   ├── RequestRefusedError   400: the service says that the request itself is at fault
    │   ├── ExpiredTokenError     a sync or page token that the service no longer accepts
    │   ├── DumpError             a dump that cannot be read, or not without guessing; nothing was loaded
    │   └── IncompleteReadError   two full reads disagree with the table's own count; nothing was merged
    └── FatalError                a defect of this program or of its database: report it

A message says what was tried, on what, and what to do next. It never holds a token, a cell or a person.
"""


class CodaPipelineError(Exception):
    """Root of everything this project raises on purpose."""


class ConfigurationError(CodaPipelineError):
    """Change a setting, the catalogue or a right; trying again changes nothing."""


class CatalogError(ConfigurationError):
    """The configuration file has mistakes; `problems` lists all of them, each with the path of its key."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{source} has {len(problems)} mistake(s):\n{lines}")


class TokenError(ConfigurationError):
    """A token is missing, wrong, expired or not allowed to do this."""


class TokenRefusedError(TokenError):
    """A token that CODING refuses in any of its ways of saying so: wrong, expired or revoked."""


class MissingScopeError(TokenError):
    """The token works, but may not do this; what needs other scopes can go on."""


class NotFoundError(ConfigurationError):
    """A doc, table, column or row that does not exist or that this token cannot see."""


class DatabaseError(ConfigurationError):
    """No database, no rights in it, or a version that this program cannot work with."""


class RetriableError(CodaPipelineError):
    """The same call may succeed later; the transport has already tried as often as is sensible."""


class RateLimitedError(RetriableError):
    """The service kept answering 429 through the whole back-off."""


class ServiceError(RetriableError):
    """The service failed: 5xx, a dropped connection, a truncated answer, a time-out."""


class PageTimeoutError(ServiceError):
    """The service gave up on a page of rows (504): only smaller pages from the start can help."""


class BusyError(RetriableError):
    """Another run holds what this one needs."""


class DataError(CodaPipelineError):
    """The service answered, but what it said cannot be used."""


class ProtocolError(DataError):
    """The answer does not have the form that the service promises."""


class RequestRefusedError(DataError):
    """The service says that the request itself is at fault (400); `service_words` is its own message.

    `service_code` is its own name of the error, where it has any.
    """

    def __init__(self, message: str, *, service_words: str = "", service_code: str = "") -> None:
        self.service_words = service_words
        self.service_code = service_code
        super().__init__(message)


class ExpiredTokenError(DataError):
    """A sync or page token that the service no longer accepts: read in full."""


class DumpError(DataError):
    """A dump of a Coda file cannot be read, or could be read in several ways; nothing was loaded."""


class IncompleteReadError(DataError):
    """Full reads disagree with the table's own row count and with each other; nothing was merged."""


class FatalError(CodaPipelineError):
    """A defect of this program or of its database."""
