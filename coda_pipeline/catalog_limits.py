"""The section `coda.limits` of the catalogue: how many requests Coda allows one user.

A limit of CODING is also a `RateLimit`; how large it is stands with its team (`catalog_coding`). Keeping
within the limits is done by `budget`.
"""

from typing import Annotated

from pydantic import Field

from coda_pipeline.catalog_entry import Entry


class RateLimit(Entry):
    """So many requests in any window of so many seconds, for one user over all processes."""

    requests: Annotated[int, Field(ge=1)]
    seconds: Annotated[float, Field(gt=0)]


class RateLimits(Entry):
    """What Coda allows one user (reference/coda-api.md section 3); `slack` of it is left unused."""

    reads: RateLimit = RateLimit(requests=100, seconds=6)
    writes: RateLimit = RateLimit(requests=10, seconds=6)
    row_writes: RateLimit = RateLimit(requests=3, seconds=10)
    doc_listings: RateLimit = RateLimit(requests=4, seconds=6)
    slack: Annotated[float, Field(ge=0, lt=1)] = 0.03

    def limit_of(self, kind: str) -> RateLimit:
        """The limit for a kind of request: read, write, row_write or doc_listing."""
        return getattr(self, f"{kind}s")
