"""What `doctor` asks CODING, step by step: token, each project, each table, and what webhooks need."""

from collections.abc import Iterator
from contextlib import ExitStack

from coda_pipeline.catalog import Catalog
from coda_pipeline.catalog_coding import TeamEntry
from coda_pipeline.coding.client import CodingClient
from coda_pipeline.coding.connect import connect_coding
from coda_pipeline.coding.events import EVENTS
from coda_pipeline.commands.findings import Finding, fine, wrong
from coda_pipeline.errors import CodaPipelineError
from coda_pipeline.settings import Settings
from coda_pipeline.sync.coding.examining import Step, examine_team


def examine_coding(settings: Settings, catalog: Catalog) -> Iterator[Finding]:
    """Every team of the catalogue; what depends on something broken is not tried."""
    for team in catalog.coding.teams:
        with ExitStack() as stack:
            try:
                client = stack.enter_context(_client(settings, team, stack))
            except CodaPipelineError as error:
                yield wrong(_token_of(team), str(error))
                continue
            for step in examine_team(team, client):
                yield _finding(settings, team, step)
        if team.incremental != "polling":
            yield _examine_webhook(settings, team)


def _client(settings: Settings, team: TeamEntry, stack: ExitStack) -> CodingClient:
    """A client of a team; only a grant needs the warehouse."""
    if team.auth != "oauth":
        return connect_coding(settings, team, None)
    from coda_pipeline.commands.workplace import open_warehouse
    from coda_pipeline.sync.coding.connecting import CodingTeams

    teams = CodingTeams(settings, stack.enter_context(open_warehouse(settings)))
    teams.check_oauth()
    return teams.client(team)


def _finding(settings: Settings, team: TeamEntry, step: Step) -> Finding:
    what, says = f"project {team.name}/{step.project}", step.says
    if step.what == "token":
        what = _token_of(team)
        says = f"{says}, at {settings.coding_url(team.name)}" if step.is_fine else says
    elif step.what != "project":
        what = f"{what}, {step.what}"
    return Finding(what, is_fine=step.is_fine, text=says)


def _token_of(team: TeamEntry) -> str:
    return f"grant of {team.name}" if team.auth == "oauth" else f"token CODING_TOKEN_{team.variable}"


def _examine_webhook(settings: Settings, team: TeamEntry) -> Finding:
    what = f"webhook CODING_WEBHOOK_SECRET_{team.variable}"
    try:
        secret = settings.coding_webhook_secret(team.name)
    except CodaPipelineError as error:
        return wrong(what, str(error))
    address = f"/v1/webhooks/coding/{team.name}"
    if secret is None:
        advice = (
            f"not set, so every delivery is refused: the gateway's page /coding/{team.name} makes one; set "
            f"it here and as the token of a Service Hook in CODING whose address ends in {address}"
        )
        return wrong(what, advice)
    events = ", ".join(event for events in EVENTS.values() for event in events)
    return fine(what, f"set; the hook's address ends in {address}, its events are {events}")
