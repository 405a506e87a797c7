"""Telling people that something broke, or works again, once per change: to a chat's incoming webhook.

Used by the gateway and by Dagster's alert sensor. The body is JSON with a `text`, as most chats take it. The
address is a secret: nobody reads it in a log or an error.
"""

import logging

import requests
from sqlalchemy import Engine

from coda_pipeline.warehouse.alerts import changed, take_back

WITHIN_S = 10.0
logger = logging.getLogger(__name__)


def tell_change(
    engine: Engine, alert_url: str | None, subject: str, wrong: str | None, *, link: str | None = None
) -> bool:
    """Tell what is wrong with a subject, or that nothing is any more; whether that was news.

    Where telling fails, it is news again next time. Without an address it goes to the log alone.
    """
    failed = wrong is not None
    with engine.begin() as conn:
        if not changed(conn, subject, failed=failed):
            return False
    said = f"{'FAILED' if failed else 'OK'}  {subject}: {wrong or 'works again.'}"
    (logger.error if failed else logger.info)("%s", said)
    if alert_url is None or _posted(alert_url, _body(subject, said, failed=failed, link=link)):
        return True
    with engine.begin() as conn:
        take_back(conn, subject, failed=failed)
    return False


def _body(subject: str, said: str, *, failed: bool, link: str | None) -> dict[str, str]:
    body = {"text": f"{said} {link}" if link else said, "subject": subject}
    return {**body, "state": "failed" if failed else "ok", **({"link": link} if link else {})}


def _posted(alert_url: str, body: dict[str, str]) -> bool:
    try:
        answer = requests.post(alert_url, json=body, timeout=WITHIN_S, allow_redirects=False)
    except requests.RequestException as error:
        logger.warning("An alert could not be told: %s", type(error).__name__)
        return False
    if not answer.ok:
        logger.warning("An alert was refused with status %s.", answer.status_code)
    return answer.ok
