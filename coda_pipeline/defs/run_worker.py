"""The process of one run, forked by `run_launcher`: Dagster's own command for it, the imports done before."""

import gc
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from dagster import DagsterInstance, DagsterRunStatus
from dagster._cli import create_dagster_cli
from dagster._core.instance import InstanceRef
from dagster._grpc.types import ExecuteRunArgs
from dagster._utils import send_interrupt
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.exc import SQLAlchemyError

LOOK_EVERY_S = 1.0


def execute(args: ExecuteRunArgs, instance_ref: InstanceRef, environment: Mapping[str, str]) -> None:
    """Run it as `dagster api execute_run` does, and end it when somebody asks Dagster to."""
    # What was loaded before the fork is never garbage.
    gc.freeze()
    # The fork server has the environment of the day it was started.
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_interrupt_when_asked, args=(args.run_id, instance_ref), daemon=True).start()
    command = list(args.get_command_args())
    create_dagster_cli().main(args=command[command.index("api") :], standalone_mode=False)


def _interrupt_when_asked(run_id: str, instance_ref: InstanceRef) -> None:
    with DagsterInstance.from_ref(instance_ref) as instance:
        while True:
            time.sleep(LOOK_EVERY_S)
            # A database that is away for a while is the run's own trouble, not a request to end.
            with suppress(SQLAlchemyError, DagsterPostgresException):
                run = instance.get_run_by_id(run_id)
                if run is None or run.status == DagsterRunStatus.CANCELING:
                    send_interrupt()
                    return
