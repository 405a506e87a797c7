"""What the alert sensor tells: the last ended run of each job, and the last verdict of each check. Pure.

Subjects are stable names (`run:<job>`, `check:<asset>:<check>`); whether one is news is known in the
warehouse (`warehouse.alerts`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobRun:
    """The latest run of a job that is over."""

    job_name: str
    run_id: str
    failed: bool


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """The latest verdict of a check; `says` holds no personal data."""

    asset: str
    name: str
    passed: bool
    severity: str
    says: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A subject and what is wrong with it, None where it is fine. `path` is where the UI shows it."""

    subject: str
    wrong: str | None
    path: str


def job_findings(runs: Iterable[JobRun]) -> Iterator[Finding]:
    """One for each job."""
    for run in runs:
        wrong = f"the run {run.run_id} failed." if run.failed else None
        yield Finding(f"run:{run.job_name}", wrong, f"/runs/{run.run_id}")


def check_findings(verdicts: Iterable[CheckVerdict]) -> Iterator[Finding]:
    """One for each check."""
    for verdict in verdicts:
        wrong = None if verdict.passed else f"{verdict.severity}: {verdict.says or 'it did not pass.'}"
        yield Finding(f"check:{verdict.asset}:{verdict.name}", wrong, f"/assets/{verdict.asset}?view=checks")
