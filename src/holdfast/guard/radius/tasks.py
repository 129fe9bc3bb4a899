"""Forgetting, each night, what pages showed long ago."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.guard.radius import sightings


@app.periodic(cron="53 3 * * *")
@app.task(queue="slow", queueing_lock="radius.forget_sightings", pass_context=False)
def forget_sightings(timestamp: int) -> int:
    """Forget what was shown under masks more than 400 days ago; return how many rows."""
    return sightings.forget()
