"""What a run does to load a dump: read, replace, report, year by year.

How it is read is in `sync.dump_load`. The one thing to know: a year that cannot be read stays as it was and
fails the run, and the other years of the run are loaded all the same, as if each had a run of its own.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from dagster import AssetExecutionContext, AssetMaterialization, MaterializeResult

from coda_pipeline.catalog import Catalog
from coda_pipeline.defs.boundary import without_personal_data
from coda_pipeline.defs.dump_report import accounted, dump_checks, dump_metadata
from coda_pipeline.defs.names import DUMP, DUMP_PATH_TAG
from coda_pipeline.defs.progress import tell_progress
from coda_pipeline.errors import CodaPipelineError, DumpError
from coda_pipeline.settings import Settings
from coda_pipeline.sync.dump_load import DumpReport, load_dump


def load_and_report(
    context: AssetExecutionContext, settings: Settings, catalog: Catalog
) -> Iterator[MaterializeResult]:
    """Load every year of this run, each in a transaction of its own, and say what was found."""
    given = context.run.tags.get(DUMP_PATH_TAG)
    reports: list[DumpReport] = []
    failed: list[CodaPipelineError] = []
    with without_personal_data():
        path = Path(given) if given else None
        folder = path.parent if path else settings.dump_dir()
        for year in sorted(context.partition_keys):
            try:
                reports.append(_load(context, catalog, int(year), folder, path))
            except CodaPipelineError as error:
                failed.append(error)
        if failed:
            _tell_loaded(context, reports)
            raise _one_of(failed)
        for report in reports:
            context.add_asset_metadata(dump_metadata(report), asset_key=DUMP, partition_key=str(report.year))
        yield MaterializeResult(asset_key=DUMP, check_results=dump_checks(reports))


def _load(
    context: AssetExecutionContext, catalog: Catalog, year: int, folder: Path, path: Path | None
) -> DumpReport:
    report = load_dump(
        context.resources.warehouse.engine,
        catalog,
        year,
        folder,
        run_id=context.run.run_id,
        path=path,
        on_progress=tell_progress(f"dump of {year}", context.log),
    )
    context.log.info("%s", accounted(report))
    return report


def _tell_loaded(context: AssetExecutionContext, reports: Sequence[DumpReport]) -> None:
    """The years of a failed run that are loaded nevertheless."""
    for report in reports:
        context.log_event(
            AssetMaterialization(DUMP, metadata=dump_metadata(report), partition=str(report.year))
        )


def _one_of(failed: Sequence[CodaPipelineError]) -> CodaPipelineError:
    """What several years say, each once; the error of a single year as it is."""
    says = list(dict.fromkeys(map(str, failed)))
    return failed[0] if len(says) == 1 else DumpError("\n".join(says))
