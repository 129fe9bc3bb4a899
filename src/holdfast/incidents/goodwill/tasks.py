"""Ending offers whose time is over."""

from __future__ import annotations

from procrastinate.contrib.django import app

from holdfast.incidents.goodwill import offers


# Codes are refused by the clock in any case; this frees what they stood for in the budget.
@app.periodic(cron="*/5 * * * *")
@app.task(queue="slow", queueing_lock="goodwill_over", pass_context=False)
def end_offers(timestamp: int) -> None:
    """End every offer whose time is over."""
    offers.expire_due()
