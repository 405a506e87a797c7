"""What `doctor` says of writing back: whether anything may be sent, under whose name, and who will notice."""

from collections.abc import Iterator

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_participation import ParticipationSource
from coda_pipeline.coda.client import connect_coda_for_writing
from coda_pipeline.commands.findings import Finding, fine, wrong
from coda_pipeline.errors import CodaPipelineError
from coda_pipeline.settings import Settings
from coda_pipeline.sync.permission import permission_of
from coda_pipeline.warehouse.engine import warehouse_engine

WHAT = "writing to Coda"


def examine_writing(settings: Settings, catalog: Catalog) -> Iterator[Finding]:
    """Whether edits made here would be sent. Not being allowed to is fine; wanting to in vain is not."""
    section = catalog.participation
    if section is None:
        return
    try:
        reasons = _reasons(settings, catalog)
    except CodaPipelineError:
        return  # the database has a line of its own
    if reasons:
        said = f"nothing is sent, edits are planned and shown only. {' '.join(reasons)}"
        wants = section.write_back.enabled and settings.coda_pipeline_allow_write
        yield (wrong if wants else fine)(WHAT, said)
    if not section.write_back.enabled:
        return
    yield _examine_token(settings, catalog)
    yield from (_examine_key(source) for source in section.sources)


def _reasons(settings: Settings, catalog: Catalog) -> tuple[str, ...]:
    engine = warehouse_engine(settings.warehouse_url())
    try:
        with engine.connect() as conn:
            return permission_of(settings.coda_pipeline_allow_write, catalog, conn).reasons
    finally:
        engine.dispose()


def _examine_token(settings: Settings, catalog: Catalog) -> Finding:
    what = "token CODA_WRITE_TOKEN"
    try:
        with connect_coda_for_writing(settings, catalog.coda.limits, None) as client:
            user = client.whoami()
    except CodaPipelineError as error:
        return wrong(what, str(error))
    return fine(
        what,
        f"edits appear in Coda under the name of {user.name} ({user.login_id}); Coda's automations on these "
        "tables will see them",
    )


def _examine_key(source: ParticipationSource) -> Finding:
    what = f"key column, {source.table}"
    if source.fields.sync_id is None:
        return wrong(
            what,
            "no column holds our key, so new rows wait and edits go one by one: add a text column in Coda "
            "and map it as sync_id",
        )
    return fine(what, f"{source.fields.sync_id} holds our key; see the line of its mapping")
