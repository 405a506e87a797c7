"""Whether this process lives (`/healthz`), and whether everything it needs does (`/readyz`). Internal."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from coda_pipeline.errors import DatabaseError
from coda_pipeline.gateway.gateway import Gateway, Here
from coda_pipeline.gateway.heartbeat import Heartbeat
from coda_pipeline.warehouse.migrate import check_current

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """This process answers."""

    state: Literal["alive"] = "alive"


class Part(BaseModel):
    """One thing that is needed, and what to do where it is not there."""

    ok: bool
    says: str


class Ready(BaseModel):
    """Everything that is needed."""

    ready: bool
    database: Part
    migrations: Part
    daemon: Part


@router.get("/healthz", response_model=Alive)
def healthz() -> Alive:
    """This process answers; it looks at nothing else."""
    return Alive()


@router.get("/readyz", response_model=Ready, responses={503: {"model": Ready}})
def readyz(request: Request, here: Here, response: Response) -> Ready:
    """Database, migrations and Dagster's daemon: 200 where all are there, else 503 and what to do."""
    ready = examine(here, request.app.state.heartbeat)
    if not ready.ready:
        response.status_code = 503
    return ready


def examine(here: Gateway, heartbeat: Heartbeat) -> Ready:
    """Look at everything now."""
    database = _tried(lambda: _ask(here), "The database answers.")
    migrations = (
        _tried(lambda: check_current(here.engine), "The schema is the one that this program needs.")
        if database.ok
        else Part(ok=False, says="Unknown while the database does not answer.")
    )
    daemon = _daemon(heartbeat) if database.ok else Part(ok=False, says=migrations.says)
    parts = (database, migrations, daemon)
    return Ready(
        ready=all(part.ok for part in parts), database=database, migrations=migrations, daemon=daemon
    )


def _daemon(heartbeat: Heartbeat) -> Part:
    pulse = heartbeat.look()
    if pulse.is_alive:
        return Part(ok=True, says="Dagster's daemon is alive.")
    since = f"for {pulse.age_s:.0f} s" if pulse.age_s is not None else "ever"
    return Part(
        ok=False,
        says=(
            f"Dagster's daemon has not been heard of {since}: start `coda-pipeline start`. Requests are kept "
            "meanwhile."
        ),
    )


def _ask(here: Gateway) -> None:
    with here.transaction() as conn:
        conn.exec_driver_sql("select 1")


def _tried(look: Callable[[], None], says: str) -> Part:
    try:
        look()
    except DatabaseError as error:
        return Part(ok=False, says=str(error))
    except SQLAlchemyError:
        return Part(
            ok=False, says="The database does not answer: see that PostgreSQL runs and DATABASE_URL fits."
        )
    return Part(ok=True, says=says)
