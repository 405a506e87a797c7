"""The pages of the gateway: which there are. Only behind the internal door."""

from fastapi import APIRouter

from coda_pipeline.gateway.pages import (
    coding,
    coding_connecting,
    conflicts,
    deletions,
    duplicates,
    overview,
    plans,
    sign_in,
)

PAGES: tuple[APIRouter, ...] = (
    sign_in.router,
    overview.router,
    duplicates.router,
    conflicts.router,
    deletions.router,
    plans.router,
)
# Only where the configuration names a team.
CODING_PAGES: tuple[APIRouter, ...] = (coding.router, coding_connecting.router)
