"""Jobs of the desk."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.desk.cutting_off import settle
from holdfast.desk.watch import days
from holdfast.desk.watch.looking import look
from holdfast.guard.cutoff.queries import unsettled
from holdfast.guard.watching import searches
from holdfast.guard.watching.over_time import PAST
from holdfast.kit.clock import now


@app.task(queue="now", pass_context=False)
def settle_cut_off(number: int) -> int:
    """Pass on the cases of people who were cut off this moment, and freeze the evidence."""
    return settle(number=number)


@app.periodic(cron="* * * * *")
@app.task(queue="now", queueing_lock="desk.settle_cut_offs", pass_context=False)
def settle_cut_offs(timestamp: int) -> int:
    """Do what a job that fell over has left, every minute."""
    return sum(settle(number=number, limit=500) for number in unsettled())


@app.periodic(cron="41 * * * *")
@app.task(queue="slow", queueing_lock="desk.look", pass_context=False)
def look_at_what_was_opened(timestamp: int) -> int:
    """Look for what a person of security should look at, every hour; return how many signals are new."""
    return len(look().new)


@app.periodic(cron="17 2 * * *")
@app.task(queue="slow", queueing_lock="desk.forget_searches", pass_context=False)
def forget_old_searches(timestamp: int) -> int:
    """Forget searches and counted days that no look reads any more, every night; return how many searches."""
    days.forget_old((now() - PAST).date())
    return searches.forget_old()
