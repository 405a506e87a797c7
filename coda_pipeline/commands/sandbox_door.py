"""The sandbox's own door, by which the demo acts as people do: HR in the doc, someone in the CODING project.

What there is behind it is in `sandbox.acts_endpoints` and `sandbox.coding.acts_endpoints`.
"""

from typing import Any

from coda_pipeline.commands.ports import local_session
from coda_pipeline.sandbox.app import API_PATH
from coda_pipeline.settings import Settings

ANSWER_WITHIN_S = 30


def door_of(settings: Settings) -> str:
    """Its address."""
    return f"{settings.coda_base_url.removesuffix(API_PATH)}/_sandbox"


def hr(settings: Settings, act: str, **arguments: Any) -> Any:
    """Do as HR does in the doc, and what comes of it; see `sandbox.hr`. Raises where the act is refused."""
    return ask(settings, f"acts/{act}", **arguments)["result"]


def ask(settings: Settings, what: str, **arguments: Any) -> Any:
    """Any other request of the door. Raises where it is refused."""
    with local_session() as session:
        answer = session.post(f"{door_of(settings)}/{what}", json=arguments, timeout=ANSWER_WITHIN_S)
        answer.raise_for_status()
        return answer.json()
