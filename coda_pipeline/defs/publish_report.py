"""What a run shows of a plan and of a write-back in Dagster: counts, times and reasons, as metadata. Pure."""

from dagster import AssetCheckResult, MetadataValue

from coda_pipeline.defs.names import SENT
from coda_pipeline.defs.report import Metadata, shown_seconds, shown_time
from coda_pipeline.defs.verdict import Verdict, results
from coda_pipeline.sync.participation_plan import PlanReport
from coda_pipeline.sync.permission import Permission
from coda_pipeline.sync.write_back import WriteReport

OUTCOMES = (
    "created",
    "updated",
    "deleted",
    "keyed",
    "verified",
    "edited_meanwhile",
    "rejected",
    "superseded",
    "pending",
    "left",
)


def plan_metadata(report: PlanReport, permission: Permission) -> Metadata:
    """What the plans of this run hold, and whether any of it may be sent."""
    return {
        "rows_to_send": MetadataValue.int(report.to_send),
        "rows_held": MetadataValue.int(report.held),
        **{f"{op}s": MetadataValue.int(count) for op, count in report.by_op.items()},
        **{f"held_{code}": MetadataValue.int(count) for code, count in report.held_by.items()},
        "sending": MetadataValue.text("allowed" if permission.is_allowed else "; ".join(permission.reasons)),
        "blocked_by": MetadataValue.text("; ".join(report.blocked_by) or "nothing"),
        "requests": MetadataValue.int(0),
        "seconds": shown_seconds(report.seconds),
        "as_of": shown_time(report.as_of),
    }


def write_back_metadata(report: WriteReport) -> Metadata:
    """What was sent and what became of it."""
    return {
        **{name: MetadataValue.int(getattr(report, name)) for name in OUTCOMES},
        "rows_held": MetadataValue.int(report.held),
        "requests": MetadataValue.int(report.requests),
        "seconds": shown_seconds(report.seconds),
        "nothing_sent_because": MetadataValue.text("; ".join(report.nothing_sent_because) or "-"),
    }


def write_back_checks(rejected: int) -> list[AssetCheckResult]:
    """What the checks of the write-back say; `rejected` are rows that wait to be changed or tried again."""
    says = "Coda refused nothing."
    if rejected:
        says = (
            f"{rejected} rows were refused by Coda, or accepted and then not applied: "
            "`coda-pipeline rejected list` says why; they are tried again when they next change, or by "
            "`coda-pipeline rejected retry`."
        )
    verdict = Verdict(passed=not rejected, says=says, numbers={"rows": rejected})
    return results(SENT, {"rows_rejected": verdict})
