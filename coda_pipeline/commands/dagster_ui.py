"""The running Dagster UI, as its own GraphQL API shows it: what it has loaded, and turning it on."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import requests

from coda_pipeline.commands.ports import LOOK_EVERY_S, local_session, wait_for_answer
from coda_pipeline.errors import FatalError, ServiceError

LOCATIONS = """
query { workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError {
  ... on RepositoryLocation { name repositories { name schedules { name } sensors { name } } }
  ... on Error { message }
} } } ... on Error { message } } }
"""
START_SCHEDULE = """
mutation ($selector: ScheduleSelector!) {
  startSchedule(scheduleSelector: $selector) { ... on Error { message } }
}
"""
START_SENSOR = """
mutation ($selector: SensorSelector!) {
  startSensor(sensorSelector: $selector) { ... on Error { message } }
}
"""


class DagsterUi:
    """The UI at `url`, a server on this machine."""

    def __init__(self, url: str) -> None:
        self.url = url

    def wait_until_loaded(self, *, within_s: float, look: Callable[[], None]) -> None:
        """Return once the UI answers and has loaded the project. `look` is called meanwhile and may raise.

        Raises `FatalError` where the project cannot be loaded, `ServiceError` after `within_s` seconds.
        """
        wait_for_answer(f"{self.url}/server_info", what="Dagster UI", within_s=within_s, look=look)
        give_up_at = time.monotonic() + within_s
        while not self._locations():
            look()
            if time.monotonic() > give_up_at:
                message = (
                    f"The Dagster UI at {self.url} did not load the project within {within_s:.0f} seconds."
                )
                raise ServiceError(message)
            time.sleep(LOOK_EVERY_S)

    def turn_everything_on(self) -> None:
        """Start every schedule and every sensor. Those that run already keep running."""
        for location in self._locations():
            for repository in location["repositories"]:
                place = {"repositoryLocationName": location["name"], "repositoryName": repository["name"]}
                for schedule in repository["schedules"]:
                    self._ask(START_SCHEDULE, {**place, "scheduleName": schedule["name"]})
                for sensor in repository["sensors"]:
                    self._ask(START_SENSOR, {**place, "sensorName": sensor["name"]})

    def turn_on(self, sensors: Collection[str]) -> None:
        """Start these sensors where the project has them, even if someone turned one off."""
        for location in self._locations():
            for repository in location["repositories"]:
                place = {"repositoryLocationName": location["name"], "repositoryName": repository["name"]}
                for sensor in repository["sensors"]:
                    if sensor["name"] in sensors:
                        self._ask(START_SENSOR, {**place, "sensorName": sensor["name"]})

    def _locations(self) -> list[Mapping[str, Any]]:
        """The code locations; none while one is being loaded. Raises `FatalError` where one cannot be."""
        workspace = self._ask(LOCATIONS)["workspaceOrError"]
        found = [entry["locationOrLoadError"] for entry in workspace["locationEntries"]]
        broken = [location["message"] for location in found if location and "message" in location]
        if broken:
            message = f"The Dagster UI cannot load the project: {broken[0]}"
            raise FatalError(message)
        return found if all(found) else []

    def _ask(self, query: str, selector: Mapping[str, str] | None = None) -> dict[str, Any]:
        body = {"query": query, "variables": {"selector": selector} if selector else {}}
        try:
            with local_session() as session:
                answer = session.post(f"{self.url}/graphql", json=body, timeout=60)
                content = answer.json()
        except (requests.RequestException, ValueError) as error:
            message = f"The Dagster UI at {self.url} did not answer: {type(error).__name__}"
            raise ServiceError(message) from None
        problems = content.get("errors") or [
            part["message"] for part in content["data"].values() if "message" in part
        ]
        if problems:
            message = f"The Dagster UI at {self.url} refused a question: {problems}"
            raise FatalError(message)
        return content["data"]
