"""What a check found, and how Dagster stores it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster import AssetCheckResult, AssetKey, MetadataValue

from coda_pipeline.defs.check_specs import severity


@dataclass(frozen=True)
class Verdict:
    """What a check found. `says` and `lines` are sentences without personal data, `numbers` are counts."""

    passed: bool
    says: str
    lines: Sequence[str] = ()
    numbers: Mapping[str, int] | None = None


def results(key: AssetKey, verdicts: Mapping[str, Verdict]) -> list[AssetCheckResult]:
    """The verdicts on one asset, by name of the check, as Dagster stores them."""
    return [result(key, name, verdict) for name, verdict in verdicts.items()]


def result(key: AssetKey, name: str, verdict: Verdict) -> AssetCheckResult:
    """One verdict as Dagster stores it."""
    details = "\n".join(f"- {line}" for line in verdict.lines)
    return AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=verdict.passed,
        severity=severity(name),
        description=verdict.says,
        metadata={
            **{what: MetadataValue.int(count) for what, count in (verdict.numbers or {}).items()},
            **({"details": MetadataValue.md(details)} if details else {}),
        },
    )
