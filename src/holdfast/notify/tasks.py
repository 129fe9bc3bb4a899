"""Sending, every few seconds, in batches."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.notify import deliveries


@app.periodic(cron="* * * * * */5")
@app.task(queue="now", queueing_lock="deliver_due", lock="deliver_due", pass_context=False)
def deliver_due(timestamp: int) -> None:
    """Send every mail that is due."""
    while deliveries.send_due():
        pass
