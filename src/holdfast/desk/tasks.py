"""Jobs of the desk."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.desk.cutting_off import settle
from holdfast.guard.cutoff.queries import unsettled


@app.task(queue="now", pass_context=False)
def settle_cut_off(number: int) -> int:
    """Pass on the cases of people who were cut off this moment, and freeze the evidence."""
    return settle(number=number)


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="desk.settle_cut_offs", pass_context=False)
def settle_cut_offs(timestamp: int) -> int:
    """Do what a job that fell over has left, every minute."""
    return sum(settle(number=number, limit=500) for number in unsettled())
