"""Filling campaigns with the people of an audience, away from the request that asked for it."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from holdfast.incidents.audiences import handing


# No lock: a worker that was killed leaves its job standing, and the one that goes on must not wait for that.
@app.task(queue="bulk", pass_context=False, retry=RetryStrategy(max_attempts=8, exponential_wait=3))
def fill(campaign: str) -> None:
    """Add everybody to the campaign; begun anew, it goes on where it stood."""
    handing.fill(UUID(campaign))
