"""Jobs of this room."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.conversations.snoozes import wake_due


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="conversations.wake_due", pass_context=False)
def wake_snoozed(timestamp: int) -> int:
    """Bring back what is due, every minute."""
    return wake_due()
