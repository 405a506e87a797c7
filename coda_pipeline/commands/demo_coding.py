"""The CODING half of the demo: how its processes find the sandbox's team, where its hooks go, and one edit.

The edit is made as a person makes it, through the sandbox's own door; nothing here knows how it arrives.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from coda_pipeline.commands.sandbox_door import ask
from coda_pipeline.commands.terminal import remark, say
from coda_pipeline.commands.workplace import open_warehouse
from coda_pipeline.sandbox.app import API_PATH
from coda_pipeline.sandbox.coding.config import DEFAULT_SECRET, DEFAULT_TOKEN, PROJECT, TEAM
from coda_pipeline.settings import TEAM_VARIABLES, Settings, variable_of

# Ten seconds are usual: the sensor looks every five, and a run takes a few to start.
ARRIVES_WITHIN_S = 120
LOOK_EVERY_S = 0.2


def coding_environment(coda_base_url: str) -> dict[str, str]:
    """The variables by which a process finds CODING in the sandbox that also plays Coda at this address."""
    team = variable_of(TEAM)
    return {
        "CODING_BASE_URL": coda_base_url.removesuffix(API_PATH),
        f"CODING_TOKEN_{team}": DEFAULT_TOKEN,
        f"CODING_WEBHOOK_SECRET_{team}": DEFAULT_SECRET,
    }


def is_of_a_team(variable: str) -> bool:
    """Whether a variable of the environment holds a secret of some real team."""
    return variable.startswith(TEAM_VARIABLES)


def send_hooks(settings: Settings, gateway_url: str) -> None:
    """Have the sandbox send its signed hooks to a gateway from now on. Raises where it does not take that."""
    ask(settings, "coding/hooks", url=f"{gateway_url}/v1/webhooks/coding/{TEAM}", secret=DEFAULT_SECRET)


def show_an_edit(settings: Settings, look: Callable[[], None]) -> None:
    """Rename an issue in CODING, and tell when that arrived, nobody doing anything. `look` may raise."""
    name = f"Renamed in CODING at {datetime.now(UTC):%H:%M:%S} UTC"
    with open_warehouse(settings) as engine:
        code = _an_issue(engine)
        ask(settings, "coding/acts/edit_issue", code=code, name=name)
        began = time.monotonic()
        while not _is_there(engine, code, name):
            look()
            if time.monotonic() - began > ARRIVES_WITHIN_S:
                remark(f"CODING: the edit of issue {code} has not arrived yet; the next poll brings it.")
                return
            time.sleep(LOOK_EVERY_S)
    took_s = time.monotonic() - began
    say(f"CODING: issue {code} was renamed there; its webhook brought that here by itself in {took_s:.1f} s.")


def _an_issue(engine: Engine) -> int:
    query = text("select min(code) from coding.issues where team = :team and project = :project")
    with engine.connect() as conn:
        return conn.execute(query, {"team": TEAM, "project": PROJECT}).scalar_one()


def _is_there(engine: Engine, code: int, name: str) -> bool:
    query = text("select from coding.issues where project = :project and code = :code and name = :name")
    with engine.connect() as conn:
        return conn.execute(query, {"project": PROJECT, "code": code, "name": name}).one_or_none() is not None
