"""The posture's own clock."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.posture import changes


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="expire_posture", pass_context=False)
def expire_posture(timestamp: int) -> None:
    """Write down the end of a posture that is over."""
    changes.expire_due()
