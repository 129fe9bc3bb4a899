"""Jobs about people: sessions that nobody uses any more."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.guard.whereabouts import seats
from holdfast.people import idle


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="people.end_idle", pass_context=False)
def end_idle_sessions(timestamp: int) -> int:
    """End sessions in which nobody did anything for too long, every minute."""
    seats.forget()
    return idle.end_idle()
