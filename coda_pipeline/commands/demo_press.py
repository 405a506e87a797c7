"""The button in the demo: HR edits a row and presses in the doc, and the answer comes into the doc.

Both are done through the sandbox's own door, as people do it; nothing here knows how the sync works.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import text

from coda_pipeline.commands.sandbox_door import ask, hr
from coda_pipeline.commands.terminal import remark, say
from coda_pipeline.commands.workplace import open_warehouse
from coda_pipeline.sandbox import schema
from coda_pipeline.settings import Settings

# A first press after the start may wait for reads that the sensors began by themselves.
ANSWERED_WITHIN_S = 120
LOOK_EVERY_S = 0.3


def install_pack(settings: Settings, gateway: str, token: str) -> None:
    """Have the doc's button call this gateway. Raises where the sandbox does not take that."""
    ask(settings, "pack", gateway=gateway, token=token)


def show_a_press(settings: Settings, look: Callable[[], None]) -> None:
    """Edit a row in the doc, press its button, and tell what it answered. `look` may raise."""
    comment = f"исправлено перед нажатием, {datetime.now(UTC):%H:%M:%S} UTC"
    edited = hr(settings, "row_ids")[0]
    hr(settings, "edit_row", row_id=edited, values={schema.NOTE: comment})
    began = time.monotonic()
    button = hr(settings, "press_button")
    while not (answer := hr(settings, "row", row_id=button, table=schema.ACTIONS).get(schema.ANSWER)):
        look()
        if time.monotonic() - began > ANSWERED_WITHIN_S:
            remark("The button in the doc has no answer yet; the page of the gateway shows where it stands.")
            return
        time.sleep(LOOK_EVERY_S)
    took_s = time.monotonic() - began
    say(f"Coda: HR edited a row and pressed the button in the doc; after {took_s:.1f} s it says «{answer}»")
    if _is_there(settings, edited, comment):
        say("      The edit is in PostgreSQL.")


def _is_there(settings: Settings, row_id: str, comment: str) -> bool:
    query = text("select from core.participation_all where coda_row_id = :row_id and comment = :comment")
    with open_warehouse(settings) as engine, engine.connect() as conn:
        return conn.execute(query, {"row_id": row_id, "comment": comment}).first() is not None
