"""Letting go of whom nobody let go."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.incidents.outreach import taking


# Mail and surveys go by the hold's own end; this closes what its executive may ask for, and frees the person.
@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="outreach_over", pass_context=False)
def end_outreach(timestamp: int) -> None:
    """End every outreach whose time is over."""
    taking.end_due()
